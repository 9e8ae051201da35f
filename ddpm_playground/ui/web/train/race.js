// One clock for the families: asks for a race on Train's settings and shows how it stands.
import { float32 } from "../core/base64.js";
import { number } from "../core/number.js";
import { plotlyFor } from "../draw/plots.js";
import { make, makeButton, opened, typeset, write } from "../page/dom.js";
import { onGround, onResize } from "../page/life.js";
import { ask, newName } from "../page/server.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { Levers } from "./levers.js";
import { cellsOf, drawPaths, drawRace, nameOf, raceKeys } from "./race_view.js";

/** @param {Component} component */
export function mount(component) {
  const race = new RaceCard(component);
  component.watch("value", () => race.receive());
  onResize(race.root, () => race.draw());
  onGround(component.element, () => race.draw());
}

class RaceCard {
  /** @param {Component} component */
  constructor(component) {
    const { root, find } = opened(component.element, ".race");
    this.component = component;
    this.root = root;
    this.find = find;
    this.start = JSON.parse(component.props.value || "");
    this.visitor = `${Date.now()}-${newName()}`;
    this.run = 0;
    this.told = null;
    this.which = "epsilon";
    this.levers = new Levers(this.start.levers, () => find(".levers"));
    find(".go").addEventListener("click", () => this.begin());
    find(".cancel").addEventListener("click", () => this.stop());
  }

  begin() {
    const { visitor } = this;
    this.run += 1;
    this.told = null;
    this.find(".problem").textContent = "";
    this.find(".results").hidden = true;
    this.press(say("train.race_begins"));
    this.component.trigger("race", {
      visitor,
      run: this.run,
      text: settings.train || "",
      steps: this.levers.values.race_steps,
    });
  }

  stop() {
    const token = this.told ? this.told.token : "";
    ask(() => this.component.server.stop({ token }), { line: this.find(".problem") });
    this.run += 1; // what comes of it is not for this page any more
    this.press("");
  }

  /** @param {string} text how it stands; nothing where nothing is under way */
  press(text) {
    const { find, root } = this;
    find(".go").disabled = !!text;
    find(".cancel").hidden = !text;
    find(".progress").textContent = text;
    root.dataset.state = this.told ? this.told.state : "";
  }

  receive() {
    const message = JSON.parse(this.component.props.value || "{}");
    if (message.visitor !== this.visitor || message.run !== this.run) return;
    this.told = { ...(this.told || {}), ...message };
    const { state, problem, place, done, of: all } = this.told;
    this.find(".problem").textContent = problem || "";
    if (state === "waiting") return this.press(say("turns.waiting", { place }));
    this.press(state === "running" ? say("train.race_at", { done, of: all }) : "");
    if (message.rows && message.rows.length) this.show();
  }

  show() {
    const { find, told } = this;
    find(".results").hidden = false;
    find(".keys").replaceChildren(...raceKeys(told.rows));
    find("tbody").replaceChildren(
      ...told.rows.map((row) =>
        make(
          "tr",
          "",
          make("th", "", ...typeset(nameOf(row.name))),
          ...cellsOf(row).map((text) => make("td", "", text)),
        ),
      ),
    );
    const real = { real: number(told.energy_of_real, 3), enough: number(told.enough_at, 3) };
    write(find(".real"), say("train.race_real", real));
    write(find(".identity"), say("train.race_left", { left: number(told.identity, 3) }));
    this.offer();
    this.draw();
  }

  /** Whose paths are drawn: the one that was chosen, or the first until it is there. */
  get seen() {
    const { rows } = this.told;
    return rows.find(({ name }) => name === this.which) || rows[0];
  }

  offer() {
    const { find, told, seen } = this,
      names = told.rows.map(({ name }) => name);
    find(".which").replaceChildren(
      ...names.map((name) => {
        const button = makeButton("", ...typeset(nameOf(name)));
        button.setAttribute("aria-pressed", String(name === seen.name));
        button.addEventListener("click", () => {
          this.which = name;
          this.offer();
          this.draw();
        });
        return button;
      }),
    );
  }

  draw() {
    const { root, find, told, start } = this;
    if (!root.clientWidth || !told || !told.rows || !told.rows.length || find(".results").hidden) return;
    const { seen } = this;
    if (seen) drawPaths(find("canvas"), start, float32(seen.ode), float32(seen.sde));
    const Plotly = plotlyFor(find(".status"), () => this.draw());
    if (Plotly) drawRace(Plotly, root, start.figures, told);
  }
}
