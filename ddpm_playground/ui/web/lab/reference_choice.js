// Which published schedules are shown beside, and the line of each.
import { swatch } from "../draw/schedule_key.js";
import { make } from "../page/dom.js";

export class ReferenceChoice {
  /**
   * @param {HTMLElement} box
   * @param {ReturnType<typeof import("./references.js").referencesFrom>} references
   * @param {import("../protocol").LabStart} start
   * @param {() => void} redraw
   */
  constructor(box, references, start, redraw) {
    this.references = references;
    this.start = start;
    /** @type {Set<string>} */
    this.chosen = new Set(start.shown);
    /** @type {{ label: HTMLLabelElement, input: HTMLInputElement }[]} */
    this.rows = references.map(({ name, title }) => {
      const input = Object.assign(make("input"), { type: "checkbox", checked: this.chosen.has(name) }),
        label = make("label", "", input, title);
      input.addEventListener("change", () => {
        if (input.checked) this.chosen.add(name);
        else this.chosen.delete(name);
        this.draw();
        redraw();
      });
      return { label, input };
    });
    box.append(...this.rows.map(({ label }) => label));
    this.hasTrained = false;
    this.draw();
  }

  get shown() {
    return this.references.filter(({ name }) => this.chosen.has(name));
  }

  /** A reference's line is that of its place among those shown. */
  draw() {
    let place = this.hasTrained ? 1 : 0;
    for (const { label, input } of this.rows) {
      label.querySelector("svg")?.remove();
      input.disabled = !input.checked && this.chosen.size >= this.start.most - 1;
      if (input.checked) label.append(swatch(`--series-${++place}`, this.start.dashes[place]));
    }
  }
}
