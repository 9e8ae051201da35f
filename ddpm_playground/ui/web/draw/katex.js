// Formulas by the KaTeX that comes with the page's own files; without it they stand as TeX. Colours by \xO{…} and so
// on.
import { make } from "../page/dom.js";
import { say } from "../page/words.js";

const MACROS = Object.fromEntries(
  Object.entries({ xO: "x-0", eps: "eps", xT: "x-t", xhat: "x-hat-0", mean: "mean", sigz: "sigma-z" }).map(
    ([name, symbol]) => [`\\${name}`, `\\htmlClass{sym-${symbol}}{#1}`],
  ),
);

/** @type {any} KaTeX; null where it cannot be had, undefined as long as nobody knows. */
let katex;
/** @type {Promise<any> | null} */
let loading = null;

// The letters that every formula has; with others in their stead it would have another width, and move what follows.
const LETTERS = ["1em KaTeX_Main", "italic 1em KaTeX_Math", "1em KaTeX_Size1", "1em KaTeX_Size2"],
  PATIENCE_MS = 1500;
const letters = () => {
  const all = Promise.all(LETTERS.map((font) => document.fonts.load(font))).catch(() => {});
  return Promise.race([all, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
};

const load = async () => {
  const files = window.ddpm.katex;
  if (!files) return null;
  const at = (/** @type {string} */ file) =>
    new URL(`${window.gradio_config?.root || ""}/assets/${file}`, location.href).href;
  try {
    const { default: found } = await import(at(files.script));
    // Without its styles a formula stands there twice, in pieces.
    await new Promise((done) => {
      const link = Object.assign(make("link"), {
        rel: "stylesheet",
        href: at(files.style),
        onload: done,
        onerror: done,
      });
      document.head.append(link);
    });
    await letters();
    return found;
  } catch {
    return null;
  }
};

/** Loads KaTeX, once for the page. */
export const loadKatex = () => (loading = loading || load().then((found) => (katex = found)));

// Words within a formula stand as \say{key} in the TeX and under tex.key in the string tables.
const inWords = (source) => source.replace(/\\say\{(\w+)\}/g, (_, key) => `\\text{${say(`tex.${key}`)}}`);
/**
 * `source` as a formula in `node`, as soon as KaTeX is there; the same source is not drawn twice.
 * @param {any} node
 * @param {string} source
 * @param {boolean} display
 * @param {(draw: () => void) => void} inTurn when it may be drawn
 */
export const typesetTex = (node, source, display = false, inTurn = (draw) => draw()) => {
  if (node.dataset.tex === source) return node;
  node.dataset.tex = source;
  const draw = (found) => {
    if (node.dataset.tex !== source) return;
    if (!found) {
      node.textContent = inWords(source);
      return;
    }
    found.render(inWords(source), node, {
      displayMode: display,
      throwOnError: false,
      strict: false,
      trust: ({ command }) => command === "\\htmlClass",
      macros: { ...MACROS },
      output: "htmlAndMathml",
    });
  };
  if (katex !== undefined) inTurn(() => draw(katex));
  else loadKatex().then((found) => node.isConnected && inTurn(() => draw(found)));
  return node;
};
