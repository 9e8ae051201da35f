// The columns of a comparison as forms: what differs from the first stands out.
import { make, makeButton, write } from "../page/dom.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";

export const LETTERS = "ABCD";
const LEAST = 2,
  MOST = 4,
  HINT = "use_karras_sigmas:true";

/**
 * @typedef {object} Start
 * @property {[string, string][]} samplers of our own
 * @property {[string, string][]} classes schedulers of diffusers, which alone have options
 * @property {string[]} checkpoints
 * @property {string[]} schedules
 * @property {string[]} spacings
 */

/** "sampler=ddim seed=1" → its settings. @param {string} text @returns {Record<string, string>} */
export const parsed = (text) =>
  Object.fromEntries(
    text
      .split(/\s+/)
      .filter((word) => word.includes("="))
      .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );

/** @param {Record<string, string>} values */
export const written = (values) =>
  Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

/**
 * A command of the package for this checkpoint, as a shell takes it.
 * @param {string} deed
 * @param {(string | number)[]} words
 */
export const commandOf = (deed, words) =>
  ["python -m ddpm_playground", deed, "--checkpoint", settings.checkpoint, ...words]
    .map((word, i) => (i && !/^[\w.,:=/-]+$/.test(String(word)) ? `'${String(word).replaceAll("'", "'\\''")}'` : word))
    .join(" ");

/**
 * @param {Start} start
 * @returns {Record<string, string[][] | { min: number, max: number, step: number, usual: string } | "text">}
 */
const fields = (start) => ({
  sampler: [...start.samplers, ...start.classes],
  options: "text",
  num_steps: { min: 1, max: 1000, step: 1, usual: "50" },
  strength: { min: 0, max: 1, step: 0.1, usual: "0" },
  guidance: { min: 0, max: 20, step: 0.5, usual: "1" },
  seed: { min: 0, max: 1e9, step: 1, usual: "1" },
  ...(start.checkpoints.length > 1 && {
    checkpoint: [["", say("compare.checkpoint_own")], ...start.checkpoints.map((name) => [name, name])],
  }),
  schedule: [
    ["", say("compare.schedule_own")],
    ...start.schedules.map((name) => [name, say(`schedule.choice_${name}`)]),
  ],
  spacing: start.spacings.map((name) => [name, name]),
  clip_x_0: [
    ["true", say("compare.clip_x_0_true")],
    ["false", say("compare.clip_x_0_false")],
  ],
});

export class Recipes {
  /**
   * @param {HTMLElement} box
   * @param {Start} start
   * @param {() => void} changed
   */
  constructor(box, start, changed) {
    this.box = box;
    this.fields = fields(start);
    this.classes = new Set(start.classes.map(([name]) => name));
    this.changed = changed;
    /** @type {string[]} */
    this.texts = [];
  }

  get isFull() {
    return this.texts.length >= MOST;
  }

  /** @param {string[]} texts */
  show(texts) {
    this.texts = texts.slice(0, MOST);
    this.draw();
  }

  add() {
    if (this.isFull) return;
    this.show([...this.texts, this.texts[this.texts.length - 1]]);
    this.changed();
  }

  draw() {
    this.box.replaceChildren(...this.texts.map((text, k) => this.card(parsed(text), k)));
    this.mark();
  }

  /**
   * @param {Record<string, string>} values
   * @param {number} k
   */
  card(values, k) {
    const head = make("h3", "", say("compare.column", { letter: LETTERS[k] })),
      card = make("fieldset", "card recipe", head);
    card.style.setProperty("--series", `var(--series-${k})`);
    if (this.texts.length > LEAST) {
      const away = makeButton("away", "×");
      away.setAttribute("aria-label", say("compare.remove", { letter: LETTERS[k] }));
      away.addEventListener("click", () => {
        this.show(this.texts.filter((_, i) => i !== k));
        this.changed();
      });
      head.append(away);
    }
    for (const [name, kind] of Object.entries(this.fields)) {
      const input = Array.isArray(kind) ? make("select") : make("input");
      if (Array.isArray(kind)) input.append(...kind.map(([value, told]) => new Option(told, value)));
      else if (kind === "text") Object.assign(input, { autocomplete: "off", spellcheck: false });
      else Object.assign(input, { type: "number", min: kind.min, max: kind.max, step: kind.step });
      input.dataset.name = name;
      input.value = values[name] ?? (Array.isArray(kind) ? kind[0][0] : kind === "text" ? "" : kind.usual);
      input.addEventListener("change", () => this.keep(k));
      card.append(make("label", "", write(make("span"), say(`compare.${name}`)), input));
    }
    return card;
  }

  /** What the form of a column says, as its text. @param {number} k */
  keep(k) {
    const card = this.box.children[k],
      values = parsed(this.texts[k]);
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (card.querySelectorAll("[data-name]"))) {
      const name = /** @type {string} */ (input.dataset.name);
      values[name] = input.value.replaceAll(/\s+/g, "");
      if (!values[name]) delete values[name];
    }
    // Options are of one scheduler class: of another, or of a sampler of our own, they would be refused.
    if (parsed(this.texts[k]).sampler !== values.sampler) {
      delete values.options;
      /** @type {HTMLInputElement} */ (card.querySelector("[data-name=options]")).value = "";
    }
    this.texts[k] = written(values);
    this.mark();
    this.changed();
  }

  mark() {
    const cards = [...this.box.children];
    cards.forEach((card, k) => {
      const options = /** @type {HTMLInputElement} */ (card.querySelector("[data-name=options]"));
      options.disabled = !this.classes.has(parsed(this.texts[k]).sampler);
      options.placeholder = options.disabled ? "" : HINT;
      for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (card.querySelectorAll("[data-name]"))) {
        const first = /** @type {HTMLInputElement} */ (cards[0].querySelector(`[data-name=${input.dataset.name}]`));
        input.classList.toggle("other", k > 0 && input.value !== first.value);
      }
    });
  }
}
