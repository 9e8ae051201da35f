// Copies of what stands on the page, that look the same elsewhere.
import { make } from "../page/dom.js";

const SVG_LOOK = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "font-size",
  "font-weight",
  "text-anchor",
];

/** A copy whose drawings and coloured words keep their colours; what only handles is left out. */
export const ownColours = (/** @type {Element} */ node) => {
  const copy = /** @type {HTMLElement} */ (node.cloneNode(true));
  const all = [...node.querySelectorAll("*")],
    copies = [...copy.querySelectorAll("*")];
  all.forEach((one, i) => {
    const own = /** @type {HTMLElement} */ (copies[i]),
      style = getComputedStyle(one);
    if (one.closest("svg") && !one.closest(".katex"))
      for (const name of SVG_LOOK) own.style.setProperty(name, style.getPropertyValue(name));
    else if (style.color !== getComputedStyle(one.parentElement).color) own.style.color = style.color;
    own.removeAttribute("id");
    if (one.id && one.localName === "marker") own.id = one.id;
    own.removeAttribute("tabindex");
  });
  for (const one of copy.querySelectorAll(".ddpm-canvas-saving, button:not(.frame), input, canvas")) one.remove();
  return copy;
};

/**
 * A line of the page in `box`, looking as it does there, as large as fits: its styles hold within its component, so the
 * classes of what stands around it come along.
 * @param {HTMLElement} box
 * @param {Element} line
 */
export const setLine = (box, line) => {
  const html = line.outerHTML;
  if (box.dataset.line === html && box.children.length) return;
  box.dataset.line = html;
  let copy = /** @type {HTMLElement} */ (line.cloneNode(true));
  for (let up = line.parentElement; up; up = up.parentElement) {
    copy = make("div", up.className, copy);
    copy.style.cssText = "all: unset; display: block; color: var(--ink)";
    if (up.classList.contains("ddpm-canvas")) break;
  }
  const holder = make("div", "line-copy", copy);
  box.replaceChildren(holder);
  const { width, height } = holder.getBoundingClientRect();
  const fit = Math.min(3, (box.clientWidth - 8) / (width || 1), (0.28 * innerHeight) / (height || 1));
  holder.style.setProperty("zoom", String(Math.max(1, fit)));
};
