// Nodes: how they are made, and how words come to stand in them.
import { say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {(string | Node)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const make = (tag, className = "", ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};

/**
 * A button that submits nothing.
 * @param {(string | Node)[]} children
 */
export const makeButton = (className = "", ...children) =>
  Object.assign(make("button", className, ...children), { type: "button" });

/**
 * @param {string} tag
 * @param {Record<string, unknown>} attributes
 * @param {(string | Node)[]} children
 */
export const makeSvg = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
};

/** "ᾱ_t" or "x_{t−1}": where the subscript stands. Names such as beta_end stay. */
export const SUBSCRIPT = /(?<=(?:^|[^a-z_])[a-z]|[\u0080-\uffff]|\))_(\{[^}]+\}|[0-9]+|[a-zθ]{1,2}(?![a-z]))/i;

/**
 * A text with its subscripts set as such, made of nodes and never of markup.
 * @param {string} text
 */
export const typeset = (text) =>
  text.split(SUBSCRIPT).map((part, i) => (i % 2 ? make("sub", "", part.replace(/[{}]/g, "")) : part));

/**
 * @template {Element} T
 * @param {T} node
 * @param {string} text
 */
export const write = (node, text) => {
  node.replaceChildren(...typeset(text));
  return node;
};

/**
 * Static text of a template: data-say is an element's text, data-name its accessible name and a button's hint.
 * @param {HTMLElement} root
 */
const fillWords = (root) => {
  for (const node of finder(root).all("[data-say]")) write(node, say(node.dataset.say || ""));
  for (const node of [...(root.dataset.name ? [root] : []), ...finder(root).all("[data-name]")]) {
    const name = say(node.dataset.name || "");
    node.setAttribute("aria-label", name);
    if (node.tagName === "BUTTON") node.title = name;
  }
};

/**
 * Finds within these roots what their template is known to hold.
 * @param {Element[]} roots
 */
export const finder = (...roots) => {
  /**
   * @param {string} selector
   * @returns {any} an element of a known template, of the kind that stands there
   */
  const find = (selector) => {
    for (const root of roots) {
      const found = root.querySelector(selector);
      if (found) return found;
    }
    return null;
  };
  /**
   * @param {string} selector
   * @returns {HTMLElement[]}
   */
  find.all = (selector) =>
    roots.flatMap((root) => [...root.querySelectorAll(selector)]).map((node) => /** @type {HTMLElement} */ (node));
  return find;
};

/**
 * A component's root, whose words are filled in, and what finds its parts.
 * @param {HTMLElement} element
 * @param {string} selector
 */
export const opened = (element, selector) => {
  /** @type {HTMLElement} */
  const root = finder(element)(selector);
  fillWords(root);
  return { root, find: finder(root) };
};
