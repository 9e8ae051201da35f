// The pixel under the pointer: its value in every panel at this frame, and x_t of it along the whole chain.
import { halfTable } from "../core/half.js";
import { indexOf } from "../draw/picture_grid.js";
import { make, makeSvg, typeset } from "../page/dom.js";
import { say } from "../page/words.js";
import { PANELS } from "./panels.js";

export class Probe {
  constructor(root, panels, ask) {
    this.root = root;
    this.panels = panels;
    this.ask = ask;
    this.pixel = null;
    this.labels = [];
    /** Every how many rows and columns the frames have. */
    this.grain = 1;
    this.box = root.querySelector(".probe");
    this.where = root.querySelector(".probe-where");
    this.spark = root.querySelector(".spark");
    this.rows = PANELS.map((key) => {
      const name = make("th", "", ...typeset(say(`player.sym_${key}`))),
        value = make("td");
      const row = make("tr", "", name, value);
      row.style.setProperty("--c", `var(--sym-${key.replaceAll("_", "-")})`);
      root.querySelector(".probe tbody").append(row);
      return value;
    });
    for (const panel of panels.all) this.listen(panel);
    root.addEventListener("pointerdown", (event) => event.target.tagName !== "CANVAS" && this.leave());
    const outside = (event) => {
      if (!root.isConnected) document.removeEventListener("pointerdown", outside);
      else if (!root.contains(event.target)) this.leave();
    };
    document.addEventListener("pointerdown", outside);
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.leave());
  }

  listen(panel) {
    const { canvas } = panel,
      look = (event) => this.enter(panel, event);
    canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && look(event));
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.leave());
    canvas.addEventListener("click", look);
  }

  enter(panel, event) {
    if (!this.panels.grid) return;
    const { canvas } = panel,
      area = canvas.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * canvas.width;
    const y = ((event.clientY - area.top) / area.height) * canvas.height;
    const pixel = panel.at(x, y);
    if (!pixel) return this.leave();
    this.pixel = pixel;
    this.at = [event.clientX, event.clientY];
    this.ask();
  }

  leave() {
    if (!this.pixel) return;
    this.pixel = null;
    this.box.hidden = true;
    for (const panel of this.panels.all) panel.point(null);
    if (this.panels.grid.cloud) this.ask(); // the ways of several points again
  }

  // Beside the pointer, inside the component.
  place() {
    const home = this.root.getBoundingClientRect(),
      [x, y] = this.at;
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const right = x - home.left + 18,
      left = x - home.left - 18 - width;
    const across = right + width <= home.width ? right : Math.max(0, left);
    const down = Math.max(0, Math.min(y - home.top - height / 2, home.height - height));
    this.box.style.transform = `translate(${Math.round(across)}px, ${Math.round(down)}px)`;
  }

  show(still) {
    if (!this.pixel) return;
    const { grid } = this.panels,
      { film, frame } = still,
      table = halfTable();
    const channels = Array.from({ length: grid.C }, (_, c) => indexOf(grid, this.pixel, c));
    const { image, row, column } = this.pixel,
      label = this.labels[image];
    this.where.textContent = say(
      grid.cloud ? "player.probe_point" : label ? "player.probe_label" : "player.probe_where",
      { image: image + 1, row: row * this.grain, column: column * this.grain, label },
    );
    const list = [
      channels.map((i) => table[frame.x[i]]),
      ...[still.xHat0, still.epsHat, still.mean, still.sigmaZ].map(
        (values) => values && channels.map((i) => values[i]),
      ),
    ];
    list.forEach((values, n) => {
      const text = values ? values.map((v) => v.toFixed(grid.C > 1 ? 2 : 3).replace("-", "−")).join("  ") : "–";
      this.rows[n].textContent = text;
    });
    for (const panel of this.panels.all) panel.point(this.pixel);
    this.curve(film, frame, channels, table);
    this.box.hidden = false;
    this.place();
  }

  curve(film, frame, channels, table) {
    const last = film.steps.length,
      values = channels.map((i) => film.frames.map((f) => table[f.x[i]]));
    const reach = values.flat().reduce((most, v) => Math.max(most, Math.abs(v)), 1);
    const across = (k) => ((200 * k) / last).toFixed(1),
      down = (v) => (22 - (20 * v) / reach).toFixed(1);
    const now = across(frame.k);
    this.spark.replaceChildren(
      makeSvg("line", { x1: 0, x2: 200, y1: 22, y2: 22, class: "zero" }),
      ...values.map((line, c) =>
        makeSvg("polyline", {
          class: `channel-${c} of-${values.length}`,
          points: line.map((v, i) => `${across(film.frames[i].k)},${down(v)}`).join(" "),
        }),
      ),
      makeSvg("line", { x1: now, x2: now, y1: 0, y2: 44, class: "now" }),
    );
    const [from, to] = this.box.querySelectorAll(".probe-axis span");
    from.textContent = say("player.at_t", { t: film.steps[0].t });
    to.textContent = say("player.at_t", { t: film.steps[last - 1].s });
  }
}
