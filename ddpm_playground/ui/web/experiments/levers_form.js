// A small form of named levers, each with its range or its choices.
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";

/**
 * @typedef {{ min?: number, max?: number, step?: number, usual: number | string, options?: [string, string][] }} Lever
 */

export class LeversForm {
  /**
   * @param {HTMLElement} box
   * @param {string} words prefix of the levers' names
   * @param {() => void} changed
   */
  constructor(box, words, changed) {
    this.box = box;
    this.words = words;
    this.changed = changed;
    /** @type {Record<string, string>} */
    this.values = {};
  }

  /** @param {Record<string, Lever>} levers */
  show(levers) {
    this.levers = levers;
    this.box.replaceChildren(
      ...Object.entries(levers).map(([name, { options, usual, ...range }]) => {
        const input = options ? make("select") : Object.assign(make("input"), { type: "number", ...range });
        if (options) input.append(...options.map(([value, told]) => new Option(told, value)));
        input.dataset.name = name;
        input.value = this.values[name] ?? String(usual);
        if (options && !options.some(([value]) => value === input.value)) input.value = String(usual);
        this.values[name] = input.value;
        input.addEventListener("change", () => {
          this.values[name] = input.value;
          this.changed();
        });
        return make("label", "", write(make("span"), say(`${this.words}.${name}`)), input);
      }),
    );
  }

  /** The levers that are shown, as numbers but for choices of words. */
  get asked() {
    const names = Object.keys(this.levers || {});
    return Object.fromEntries(
      names.map((name) => {
        const value = this.values[name];
        return [name, value !== "" && Number.isFinite(+value) ? +value : value];
      }),
    );
  }

  /** "num_steps:50,seed:1" */
  get text() {
    return Object.entries(this.values)
      .map(([name, value]) => `${name}:${value}`)
      .join(",");
  }

  /** @param {string} text */
  restore(text) {
    for (const part of text.split(",").filter(Boolean)) {
      const at = part.indexOf(":");
      if (at > 0) this.values[part.slice(0, at)] = part.slice(at + 1);
    }
  }
}
