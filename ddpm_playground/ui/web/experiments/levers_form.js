// A small form of named levers, each with its range or its choices; the rare ones are folded.
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";

/**
 * @typedef {object} Lever
 * @property {number | string} usual
 * @property {number} [min]
 * @property {number} [max]
 * @property {number} [step]
 * @property {[string, string][]} [options]
 * @property {boolean} [isRare]
 * @property {string} [word] what it is called by, where not by its name
 */

export class LeversForm {
  /**
   * @param {HTMLElement} box
   * @param {() => void} changed
   */
  constructor(box, changed) {
    this.box = box;
    this.changed = changed;
    /** @type {Record<string, string>} */
    this.values = {};
    this.isOpen = false;
  }

  /** @param {Record<string, Lever>} levers */
  show(levers) {
    this.levers = levers;
    const all = Object.entries(levers),
      labels = (/** @type {boolean} */ isRare) =>
        all.filter(([, lever]) => !!lever.isRare === isRare).map(([name, lever]) => this.labelOf(name, lever));
    this.box.replaceChildren(...labels(false));
    const rare = labels(true);
    if (!rare.length) return;
    const more = make("details", "more", make("summary", "", say("experiments.more")), make("div", "rare", ...rare));
    more.open = this.isOpen || all.some(([name, { isRare, usual }]) => isRare && this.values[name] !== String(usual));
    more.addEventListener("toggle", () => (this.isOpen = more.open));
    this.box.append(more);
  }

  /** @param {string} name @param {Lever} lever */
  labelOf(name, { options, usual, min, max, step, word = name }) {
    const input = options ? make("select") : Object.assign(make("input"), { type: "number", min, max, step });
    if (options) input.append(...options.map(([value, told]) => new Option(told, value)));
    input.dataset.name = name;
    input.value = this.values[name] ?? String(usual);
    if (options && !options.some(([value]) => value === input.value)) input.value = String(usual);
    this.values[name] = input.value;
    input.addEventListener("change", () => {
      this.values[name] = input.value;
      this.changed();
    });
    return make("label", "", write(make("span"), say(`experiments.lever_${word}`)), input);
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
