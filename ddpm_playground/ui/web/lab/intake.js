// What goes in: a name, a paste, a file; and what else can be said of it.
import { finder, make } from "../page/dom.js";
import { remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";

/** What the network was trained with, and the timesteps or σ that are asked for by number. */
const BESIDES = /** @type {const} */ (["trained", "timesteps", "sigmas"]);

export class Intake {
  /**
   * @param {HTMLElement} root
   * @param {import("../protocol").LabStart} start
   * @param {{ examine: () => void, refuse: (sentence: string) => void }} heard
   */
  constructor(root, start, heard) {
    this.find = finder(root);
    this.start = start;
    this.heard = heard;
    this.text = this.find("textarea");
    this.steps = this.find(".steps");
    this.size = this.find(".size");
    this.names = this.find(".names-list");
    this.nameExamples();
    for (const node of [this.text, ...BESIDES.map((name) => this.find(`.${name}`))])
      node.addEventListener("input", () => root.classList.add("stale"));
    this.find(".intake").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      heard.examine();
    });
    this.hearFiles();
  }

  nameExamples() {
    const { names } = this;
    names.append(new Option(say("lab.choose_one"), ""));
    for (const { label, entries } of this.start.examples) {
      const options = entries.map((entry) => new Option(say(entry.label), entry.text));
      names.append(Object.assign(make("optgroup", "", ...options), { label: say(label) }));
    }
    names.addEventListener("change", () => names.value && this.examine(names.value));
  }

  /** @param {string} text */
  examine(text) {
    this.text.value = text;
    this.heard.examine();
  }

  hearFiles() {
    const { text } = this,
      file = this.find(".file");
    this.find(".open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      this.read(file.files[0]);
      file.value = "";
    });
    for (const kind of ["dragover", "dragleave", "drop"])
      text.addEventListener(kind, (/** @type {DragEvent} */ event) => {
        if (kind === "dragover" && !event.dataTransfer?.types.includes("Files")) return;
        text.classList.toggle("over", kind === "dragover");
        if (kind === "dragleave") return;
        event.preventDefault();
        if (kind === "drop") this.read(event.dataTransfer?.files[0]);
      });
  }

  /** @param {File | undefined} file */
  async read(file) {
    if (!file) return;
    if (file.size > this.start.most_bytes) {
      this.heard.refuse(say("lab.too_big", { name: file.name, mb: Math.ceil(file.size / 2 ** 20) }));
      return;
    }
    const text = await textOf(file);
    this.names.value = "";
    this.examine(text);
  }

  besides() {
    return Object.fromEntries(BESIDES.map((name) => [name, this.find(`.${name}`).value.trim()]));
  }

  get isLinkable() {
    return this.text.value.trim().length <= this.start.most_in_link;
  }

  /** Puts what the address can hold there. */
  remember() {
    const short = (/** @type {string} */ text) => (text.length <= this.start.most_in_link ? text : "");
    remember("lab", short(this.text.value).trim());
    keepText(this.isLinkable ? "" : this.text.value);
    remember("lab_steps", this.steps.value);
    const besides = this.besides();
    for (const name of BESIDES) remember(`lab_${name}`, short(besides[name]));
  }

  /** Shows what the address holds. */
  restore() {
    this.text.value = settings.lab || keptText();
    this.steps.value = settings.lab_steps;
    for (const name of BESIDES) this.find(`.${name}`).value = settings[`lab_${name}`] || "";
    this.find(".more").open = Object.values(this.besides()).some(Boolean);
  }
}

// What is too long for the address stays in this window, so that loading the page anew does not lose it.
const KEPT = "ddpm-lab";
const keepText = (/** @type {string} */ text) => {
  try {
    if (text) sessionStorage.setItem(KEPT, text);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Too long for that too, or the reader allows none.
  }
};
const keptText = () => {
  try {
    return sessionStorage.getItem(KEPT) || "";
  } catch {
    return "";
  }
};

/**
 * UTF-8, or what a mark at the start says.
 * @param {File} file
 */
const textOf = async (file) => {
  const raw = new Uint8Array(await file.arrayBuffer()),
    mark = (raw[0] << 8) | raw[1];
  return new TextDecoder({ 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[mark] || "utf-8").decode(raw);
};
