// Every number at t: a table of all quantities, and the keys of the plots.
import { swatch, nameOf } from "../draw/schedule_key.js";
import { make, typeset } from "../page/dom.js";
import { number } from "../core/number.js";
import { say } from "../page/words.js";

const COLUMNS = "beta beta_tilde alpha alpha_bar sqrt_alpha_bar sqrt_one_minus_alpha_bar snr log_snr".split(" ");
const COLOURS = {
  beta: "--sym-x-t",
  beta_tilde: "--sym-sigma-z",
  sqrt_alpha_bar: "--sym-x-0",
  sqrt_one_minus_alpha_bar: "--sym-eps",
};

export class Readout {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    /** @type {{ node: HTMLElement, table: number, key: string }[]} */
    this.cells = [];
  }

  /** Rows are schedules where there is room, else quantities are. */
  build(data, plots, wide) {
    this.data = data;
    this.cells = [];
    for (const plot of plots) plot.find(".keys").replaceChildren(...this.legend(plot.key));
    const table = make("table"),
      head = table.createTHead().insertRow(),
      body = table.createTBody(),
      all = data.schedules.map((_, i) => i);
    header(head, "col", wide ? say("schedule.col_schedule") : "");
    if (wide) COLUMNS.forEach((key) => header(head, "col", symbol(key)));
    else all.forEach((i) => header(head, "col", ...this.name(i)));
    for (const line of wide ? all : COLUMNS) {
      const row = body.insertRow();
      header(row, "row", ...(wide ? this.name(line) : [symbol(line)]));
      for (const other of wide ? COLUMNS : all)
        this.cells.push({ node: row.insertCell(), table: wide ? line : other, key: wide ? other : line });
    }
    this.box.className = `readout table ${wide ? "wide" : "narrow"}${all.length > 2 ? " many" : ""}`;
    this.box.replaceChildren(table);
  }

  name(i) {
    return [swatch(`--series-${i}`, this.data.dashes[i]), nameOf(this.data.schedules[i])];
  }

  /** What a plot's colours mean, with the values at t: its quantities where it shows two, else the schedules. */
  legend(key) {
    const { figures, schedules, dashes } = this.data,
      own = figures[key].data.filter(({ meta }) => meta.schedule === 0);
    if (own.length === 1)
      return schedules.map((one, i) =>
        this.entry(swatch(`--series-${i}`, dashes[i]), nameOf(one), i, own[0].meta.table),
      );
    const quantities = own.map(({ meta, line, opacity }) => {
      const drawn = swatch(meta.colour, "solid", line.width, opacity);
      return this.entry(drawn, say(`schedule.col_${meta.table}`), 0, meta.table, meta.colour);
    });
    // Which schedule a dash stands for, whatever its colour.
    const dash = (one, i) => make("div", "dash", swatch("--muted", dashes[i]), make("span", "", nameOf(one)));
    return schedules.length < 2 ? quantities : [...quantities, ...schedules.map(dash)];
  }

  entry(line, text, table, key, css = "--ink") {
    const node = make("b");
    this.cells.push({ node, table, key });
    const box = make("div", "", line, make("span", "", ...typeset(text)), node);
    box.style.color = `var(${css})`;
    return box;
  }

  show(t) {
    for (const { node, table, key } of this.cells) node.textContent = number(this.data.schedules[table].tables[key][t]);
  }
}

const header = (row, scope, ...parts) => row.appendChild(Object.assign(make("th", "", ...parts), { scope }));

const symbol = (key) => {
  const span = make("span", "", ...typeset(say(`schedule.col_${key}`)));
  if (COLOURS[key]) span.style.color = `var(${COLOURS[key]})`;
  return span;
};
