// The styles of formulas, for files that hold some.
import { base64 } from "../core/base64.js";

/** @type {Promise<string> | null} */
let rules = null;
/** @type {Map<string, Promise<string>>} */
const fonts = new Map();
const asUrl = async (/** @type {string} */ url) => {
  const font = new Uint8Array(await (await fetch(url)).arrayBuffer());
  return `data:font/woff2;base64,${base64(font)}`;
};
const load = async (/** @type {HTMLLinkElement} */ link) =>
  // Gradio has put the name of its container before every rule.
  (await (await fetch(link.href)).text()).replace(/\.gradio-container-[\w-]+ /g, "");

/** KaTeX's own styles, with the fonts that the page has in use by now, so that a file needs nothing beside it. */
export const formulaStyles = async () => {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=stylesheet][href*="katex"]'));
  if (!link) return "";
  const css = await (rules = rules || load(link));
  const inUse = [...document.fonts].filter(({ family, status }) => /KaTeX/.test(family) && status === "loaded");
  const name = (family, weight, style) =>
    `${family.replace(/["']/g, "")}/${weight}/${style}`.replace(/400|normal/g, "n").replace(/700/, "bold");
  const used = new Set(inUse.map(({ family, weight, style }) => name(family, weight, style)));
  const faces = css.match(/@font-face\s*\{[^}]*\}/g) || [];
  const kept = await Promise.all(
    faces.map(async (face) => {
      const of = (key) => face.match(new RegExp(`${key}:\\s*([^;}]+)`))?.[1].trim() || "normal";
      const file = face.match(/url\(["']?([^"')]+\.woff2)["']?\)/)?.[1];
      if (!file || !used.has(name(of("font-family"), of("font-weight"), of("font-style")))) return "";
      const { href } = new URL(file, link.href);
      if (!fonts.has(href)) fonts.set(href, asUrl(href));
      const url = await fonts.get(href);
      return face.replace(/src:[^;}]*(;|(?=\}))/, `src:url(${url}) format("woff2");`);
    }),
  );
  return kept.join("") + css.replace(/@font-face\s*\{[^}]*\}/g, "");
};
