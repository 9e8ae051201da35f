// What the server leaves to the page to say in a chapter.
import { number } from "../core/number.js";
import { make, write } from "../page/dom.js";
import { isNote, say, sayNote } from "../page/words.js";

export const powerOfTen = (power) => `10${[...String(+power)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[+c] || "⁻").join("")}`;
const numeral = (value) => {
  const [mantissa, power] = number(value).split("e");
  return power === undefined ? mantissa : `${mantissa} × ${powerOfTen(power.replace("−", "-"))}`;
};
const shown = (value) => (typeof value === "number" ? numeral(value) : isNote(value) ? spoken(value) : value);
/**
 * A note with its numbers written as numbers are on the page.
 * @param {import("../protocol").Note | string | null | undefined} note
 * @returns {string}
 */
export const spoken = (note) =>
  isNote(note)
    ? sayNote({
        key: note.key,
        values: Object.fromEntries(Object.entries(note.values).map(([name, value]) => [name, shown(value)])),
      })
    : sayNote(note);
// "@part.key" in a figure's titles and names.
export const said = (text) => (typeof text === "string" && text.startsWith("@") ? say(text.slice(1)) : text);

// A line under a block: what says it.
export const noted = (box) => {
  const note = box.appendChild(make("p", "note"));
  return (words) => {
    note.hidden = !words;
    if (words) write(note, spoken(words));
  };
};
