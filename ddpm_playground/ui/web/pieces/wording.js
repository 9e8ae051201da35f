// Words of the page as plain text, for files; subscripts are kept as "_{t}".
import { SUBSCRIPT } from "../page/dom.js";
import { say } from "../page/words.js";

// What belongs to the page's handling, not to what is shown.
export const HANDLES = ".ddpm-canvas-saving, .katex-mathml, .tools, .handles, input, select, button:not(.frame), .gate";

const PLAIN = {
  "\\bar\\alpha": "ᾱ",
  "\\hat\\varepsilon": "ε̂",
  "\\tilde\\beta": "β̃",
  "\\hat x": "x̂",
  "\\mathcal N": "N",
};
const LETTERS = {
  alpha: "α", beta: "β", varepsilon: "ε", epsilon: "ε", theta: "θ", mu: "μ", sigma: "σ", cdot: "·", times: "×",
  sim: "∼", le: "≤", ge: "≥", to: "→", infty: "∞", sum: "Σ", prod: "∏", int: "∫", approx: "≈", log: "log", nabla: "∇",
  mid: "|", lVert: "‖", rVert: "‖", quad: "  ", ldots: "…", dots: "…", cdots: "⋯", pm: "±", in: "∈",
}; // prettier-ignore
const SPACING = ["left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "allowbreak", "displaystyle"];
const RAISED = new Map([..."0123456789-()nT"].map((c, i) => [c, [..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾ⁿᵀ"][i]]));
// An exponent in raised letters, where all of it has some.
const raised = (/** @type {string} */ text) => {
  const letters = [...text.trim()];
  return letters.every((c) => RAISED.has(c)) ? letters.map((c) => RAISED.get(c)).join("") : `^(${text.trim()})`;
};
/** TeX as plain words, for where no formula can be set; subscripts as "_{t}". */
export const plainTex = (/** @type {string} */ tex) => {
  let text = tex.replace(/\\say\{(\w+)\}/g, (_, key) => say(`tex.${key}`));
  for (const [from, to] of Object.entries(PLAIN)) text = text.replaceAll(from, to);
  for (let i = 0; i < 4; i++)
    text = text
      .replace(
        /\\(?:xO|eps|xT|xhat|mean|sigz|text(?:bf)?|math(?:rm|bf|cal)|operatorname)\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/g,
        "$1",
      )
      .replace(/\\(bar|hat|tilde) *(\\[a-zA-Z]+|[a-z])/g, "\\$1{$2}")
      .replace(/\\(bar|hat|tilde)\{([^{}]*)\}/g, (_, mark, on) => on + { bar: "̄", hat: "̂", tilde: "̃" }[mark])
      .replace(/\\[dt]?frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/g, "($1)/($2)")
      .replace(/\\sqrt\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}/g, "√($1)");
  return text
    .replace(/\^\{([^{}]*)\}|\^([0-9a-zT])/g, (_, group, one) => raised(group ?? one))
    .replace(/-/g, "−")
    .replace(/\\([a-zA-Z]+)/g, (_, name) => LETTERS[name] ?? (SPACING.includes(name) ? "" : name))
    .replace(/\\[,;!: ]/g, " ")
    .replace(/&|\\\\/g, " ")
    .replace(/_([^{\s])/g, "_{$1}")
    .replace(/\s+/g, " ")
    .trim();
};

/** The words of a node, subscripts as "_{t}". */
export const wordsOf = (/** @type {Node | null | undefined} */ node) => {
  if (!node) return "";
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  const element = /** @type {HTMLElement} */ (node);
  if (element.dataset?.tex) return plainTex(element.dataset.tex);
  if (element.matches?.(HANDLES) || element.hidden) return "";
  const inner = [...node.childNodes].map(wordsOf).join(element.matches?.("figcaption, .name") ? " " : "");
  return /^(?:sub|SUB)$/.test(node.nodeName) ? `_{${inner.trim()}}` : inner;
};
export const tidy = (/** @type {string} */ text) => text.replace(/\s+/g, " ").replaceAll(" _{", "_{").trim();
/** Words of the tables, "x_t", with their subscripts marked. */
export const marked = (/** @type {string} */ text) =>
  text
    .split(SUBSCRIPT)
    .map((part, i) => (i % 2 ? `_{${part.replace(/[{}]/g, "")}}` : part))
    .join("");
/** "x_{t}" as "x_t", where no markup can stand. */
export const plainSubscripts = (/** @type {string} */ text) => text.replace(/_\{([^}]*)\}/g, "_$1");
