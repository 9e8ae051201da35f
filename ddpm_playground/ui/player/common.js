// Shared by every canvas component: it stands before each component's own script, in the same function.
const bytes = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
};
const float32 = (text) => new Float32Array(bytes(text).buffer);
// IEEE half → float32 by table: 65,536 entries, made once for the page.
const halfTable = () => {
  if (window.ddpmHalf) return window.ddpmHalf;
  const table = new Float32Array(65536);
  for (let i = 0; i < 65536; i++) {
    const sign = i & 0x8000 ? -1 : 1, e = (i >> 10) & 31, f = i & 1023;
    table[i] = sign * (e === 0 ? f * 2 ** -24 : e === 31 ? (f ? NaN : Infinity) : (1 + f / 1024) * 2 ** (e - 15));
  }
  return (window.ddpmHalf = table);
};
const float16 = (text) => {
  const table = halfTable(), half = new Uint16Array(bytes(text).buffer), out = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) out[i] = table[half[i]];
  return out;
};
// Screen text: window.ddpmText = {language: {key: text}} and window.ddpmLanguage, from the page's head.
const say = (key, values) => {
  const tables = window.ddpmText || {};
  const found = (tables[window.ddpmLanguage] || {})[key] || (tables.en || {})[key] || key;
  return found.replace(/{(\w+)}/g, (whole, name) => (values && name in values ? values[name] : whole));
};
// What Python leaves to the page to say: {key, values}, where a value may be such a note itself; or a plain text.
const sayNote = (note) => {
  if (!note || !note.key) return note;
  return say(note.key, Object.fromEntries(Object.entries(note.values || {}).map(([name, value]) => [name, sayNote(value)])));
};
const make = (tag, className = "", ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};
// "ᾱ_t" or "x_{t−1}" with its subscript set as one, made of nodes and never of markup. Names such as beta_end stay.
const SUBSCRIPT = /(?<=(?:^|[^a-z_])[a-z]|[^\x00-\x7f]|\))_(\{[^}]+\}|[0-9]+|[a-zθ]{1,2}(?![a-z]))/i;
const typeset = (text) => text.split(SUBSCRIPT).map((part, i) => (i % 2 ? make("sub", "", part.replace(/[{}]/g, "")) : part));
const write = (node, text) => {
  node.replaceChildren(...typeset(text));
  return node;
};
// Static text of a template: data-say is an element's text, data-name its accessible name and a button's hint.
const fillWords = (root) => {
  root.querySelectorAll("[data-say]").forEach((node) => write(node, say(node.dataset.say)));
  for (const node of [...(root.dataset.name ? [root] : []), ...root.querySelectorAll("[data-name]")]) {
    node.setAttribute("aria-label", say(node.dataset.name));
    if (node.tagName === "BUTTON") node.title = say(node.dataset.name);
  }
};
// A number as a reader wants it: 4 significant digits, true minus sign.
const number = (v, digits = 4) => {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  const shown = size !== 0 && (size < 1e-3 || size >= 1e5) ? v.toExponential(digits - 2) : String(+v.toPrecision(digits));
  return shown.replace("-", "−");
};
// t is one for the whole page: whoever moves it calls setT, whoever shows it listens for "ddpm:t" on window.
// A view that is made later starts from the last one that was set, and a T that is typed digit by digit cuts t only
// while it is shorter.
const setT = (t, T, source) => {
  window.ddpmT = t;
  window.dispatchEvent(new CustomEvent("ddpm:t", { detail: { t, T, source } }));
};
const wantedT = (given) => (window.ddpmT === undefined ? (window.ddpmT = given) : window.ddpmT);
// Keep a setting in the page's address; `remember` is defined in the page's head.
const remember = (key, value) => window.ddpmRemember && window.ddpmRemember(key, value);
