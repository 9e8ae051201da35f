// A sampler's options as the page's address holds them: "use_karras_sigmas:true,eta:0.5", what differs from the usual.

/**
 * @typedef {object} Option
 * @property {string} key
 * @property {"switch" | "choice" | "number" | "whole"} kind
 * @property {boolean | number | string | null} usual
 * @property {string[]} choices
 */

/** @param {string} text @returns {Map<string, string>} */
export const optionsIn = (text) =>
  new Map(
    text
      .split(",")
      .filter(Boolean)
      .map((part) => {
        const at = part.indexOf(":");
        return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      }),
  );

/** @param {Map<string, string>} values */
export const optionsText = (values) => [...values].map(([key, value]) => `${key}:${value}`).join(",");

/**
 * What was chosen as the address holds it; null where it is the usual, undefined where it is none.
 * @param {Option} option
 * @param {string | boolean} given
 * @returns {string | null | undefined}
 */
export const chosenText = ({ kind, usual, choices }, given) => {
  const text = String(given).trim();
  if (kind === "switch") return text === String(usual) ? null : text;
  if (kind === "choice") return !choices.includes(text) ? undefined : text === usual ? null : text;
  // Of an infinite one, which JSON has not, the word stands in the box.
  if (text === "" || text === String(usual)) return null;
  const value = Number(text);
  if (!Number.isFinite(value) || (kind === "whole" && !Number.isInteger(value))) return undefined;
  return value === usual ? null : String(value);
};
