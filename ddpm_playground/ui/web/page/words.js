// Screen text: window.ddpm.text = {language: {key: text}} and window.ddpm.language, from page/prelude.js.

/**
 * The text of a key in the page's language, its {places} filled in.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export const say = (key, values) => {
  const { text, language } = window.ddpm;
  const found = (text[language] || {})[key] || (text.en || {})[key] || key;
  return found.replace(/{(\w+)}/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
};

/**
 * What Python leaves to the page to say: {key, values}, where a value may be such a note itself; or a plain text.
 * @param {import("../protocol").Note | string | null | undefined} note
 * @returns {string}
 */
export const sayNote = (note) => {
  if (!isNote(note)) return note || "";
  const values = Object.entries(note.values || {});
  return say(
    note.key,
    Object.fromEntries(values.map(([name, value]) => [name, isNote(value) ? sayNote(value) : value])),
  );
};
/**
 * @param {unknown} value
 * @returns {value is import("../protocol").Note}
 */
export const isNote = (value) => typeof value === "object" && value !== null && "key" in value;
