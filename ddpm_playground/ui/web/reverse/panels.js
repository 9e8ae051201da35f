// The five pictures of a frame, each on its canvas, in the colour of its symbol.
import { noiseVariance } from "../core/formulas.js";
import { decode } from "../core/half.js";
import { CLOUD, cloudGrid, drawCloud, nearestPoint, placeIn, wayOf } from "../draw/cloud.js";
import { gridFor, originOf, paintFloats, paintHalves, paintMapped, pixelAt } from "../draw/picture_grid.js";
import { make, typeset } from "../page/dom.js";
import { say, sayNote } from "../page/words.js";

export const PANELS = ["x_t", "x_hat_0", "eps", "mean", "sigma_z"];

class Panel {
  constructor(figure) {
    this.figure = figure;
    this.key = figure.dataset.panel;
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.context = this.canvas.getContext("2d");
    this.from = make("span", "from");
    this.captions = make("div", "captions");
    this.mark = make("i", "mark");
    this.mark.hidden = true;
    this.map = make("span", "map");
    this.map.hidden = true;
    const symbol = say(`player.sym_${this.key}`);
    this.stage = make(
      "div",
      "stage",
      make("span", "ghost", make("span", "", ...typeset(symbol))),
      this.canvas,
      this.captions,
      this.mark,
      this.map,
    );
    this.title = make(
      "figcaption",
      "",
      make("b", "", ...typeset(symbol)),
      make("span", "name", ...typeset(say(`player.name_${this.key}`))),
      this.from,
    );
    figure.append(this.title, make("div", "heads"), this.stage);
    this.describe(say("player.seen_nothing", { symbol }));
    // Pixels stay square when enlarged; reduced, they are averaged.
    new ResizeObserver(() => this.sharpen()).observe(this.stage);
  }

  get shown() {
    return !this.figure.hidden;
  }

  fit(grid) {
    this.grid = grid;
    Object.assign(this.canvas, { width: grid.width, height: grid.height });
    this.cloud = null;
    this.image = grid.cloud ? null : this.context.createImageData(grid.width, grid.height);
    this.words = this.image && new Uint32Array(this.image.data.buffer);
    this.sharpen();
  }

  sharpen() {
    const across = this.stage.clientWidth;
    if (!this.grid || !across) return;
    this.canvas.style.imageRendering =
      !this.grid.cloud && across * devicePixelRatio >= this.canvas.width ? "pixelated" : "auto";
    this.stage.classList.toggle("small", across / this.grid.columns < 36);
  }

  halves(values, grid, lut) {
    paintHalves(this.words, grid, values, lut);
    this.context.putImageData(this.image, 0, 0);
    this.figure.classList.remove("is-blank");
  }

  floats(values, grid, limit) {
    paintFloats(this.words, grid, values, limit);
    this.context.putImageData(this.image, 0, 0);
    this.figure.classList.remove("is-blank");
  }

  // Latents, through a linear map to colours.
  mapped(values, grid, limit, colours, isPicture) {
    paintMapped(this.words, grid, values, limit, colours, isPicture);
    this.context.putImageData(this.image, 0, 0);
    this.figure.classList.remove("is-blank");
  }

  // Says on the picture that these are latents, where they are.
  tellMap(colours) {
    this.map.hidden = !colours;
    this.title.removeAttribute("title");
    if (!colours) return;
    this.map.textContent = say("player.latent_map", { channels: colours.weights.length });
    this.title.title = sayNote(colours.told);
  }

  // Points in the plane, within ±reach.
  points(values, reach, ways) {
    const colour = (name) => getComputedStyle(this.figure).getPropertyValue(name).trim(),
      own = colour("--c");
    this.cloud = { values, reach };
    drawCloud(this.context, values, { reach, ways, colours: { point: own, way: own, line: colour("--muted") } });
    this.figure.classList.remove("is-blank");
  }

  // What stands at this place of the canvas, in its pixels; null for nothing.
  at(x, y) {
    if (!this.grid.cloud) return pixelAt(this.grid, x, y);
    const image = this.cloud
      ? nearestPoint(this.cloud.values, this.cloud.reach, x / this.grid.width, y / this.grid.height)
      : -1;
    return image < 0 ? null : { image, row: 0, column: 0 };
  }

  blank() {
    this.cloud = null;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.figure.classList.add("is-blank");
  }

  // Frames this pixel, or none.
  point(pixel) {
    this.mark.hidden = !pixel;
    if (!pixel) return;
    const { grid } = this,
      share = (v, all) => `${(100 * v) / all}%`;
    this.mark.classList.toggle("of-cloud", Boolean(grid.cloud));
    if (grid.cloud) {
      this.mark.hidden = !this.cloud;
      if (this.cloud)
        [this.mark.style.left, this.mark.style.top] = placeIn(this.cloud.values, pixel.image, this.cloud.reach).map(
          (v) => share(v, 1),
        );
      return;
    }
    const { x, y } = originOf(grid, pixel.image);
    this.mark.style.left = share(x + pixel.column, grid.width);
    this.mark.style.top = share(y + pixel.row, grid.height);
    this.mark.style.width = share(1, grid.width);
    this.mark.style.height = share(1, grid.height);
  }

  describe(text) {
    this.canvas.setAttribute("aria-label", text);
  }
}

export class Panels {
  constructor(box) {
    this.box = box;
    this.all = [...box.querySelectorAll("[data-panel]")].map((figure) => new Panel(figure));
    this.by = Object.fromEntries(this.all.map((panel) => [panel.key, panel]));
    this.described = 0;
  }

  fit(shape, labels, planar = false, colours = null) {
    this.colours = colours;
    const grid = (this.grid = planar
      ? cloudGrid(shape)
      : gridFor(shape, labels.length === shape[0] && labels.length > 0));
    this.box.classList.toggle("is-cloud", planar);
    this.box.style.setProperty("--aspect", `${grid.width} / ${grid.height}`);
    this.box.style.setProperty("--columns", grid.columns);
    this.box.classList.toggle("is-wide", grid.width / grid.height > 2.6);
    for (const panel of this.all) {
      panel.fit(grid);
      panel.tellMap(colours);
    }
    this.caption(labels);
  }

  // Labels: over the columns if a column has one label; else in the corners of x_t; nowhere if all are one.
  caption(labels) {
    const { grid } = this,
      places = labels.length === grid.N && new Set(labels).size > 1 ? labels : [];
    const byColumn =
      places.length > 0 &&
      grid.rows * grid.columns === grid.N &&
      places.every((l, i) => l === places[i % grid.columns]);
    for (const panel of this.all) {
      const heads = panel.figure.querySelector(".heads");
      heads.replaceChildren(...(byColumn ? places.slice(0, grid.columns).map((label) => make("span", "", label)) : []));
      const corners = !byColumn && panel.key === "x_t" ? places : [];
      panel.captions.replaceChildren(
        ...corners.map((label, n) => {
          const span = make("span", "", label),
            { x, y } = originOf(grid, n);
          span.style.left = `${(100 * x) / grid.width}%`;
          span.style.top = `${(100 * y) / grid.height}%`;
          return span;
        }),
      );
    }
  }

  // Paints a Still; `luts` are the bytes of every half for x_t and for ε̂. Of points in the plane, `chosen` is the one
  // whose whole way is drawn; null for the last steps of a few.
  paint(still, luts, chosen = null) {
    const { x_t, x_hat_0, eps, mean, sigma_z } = this.by,
      { film, frame, source, step } = still;
    const from = source === frame ? "" : say("player.from_t", { t: film.tOf(source) });
    for (const panel of this.all.slice(1)) if (panel.from.textContent !== from) panel.from.textContent = from;
    if (this.grid.cloud) return this.scatter(still, chosen);
    const grid = still.coarse ? { ...this.grid, cell: 2 } : this.grid;
    if (this.colours) return this.throughMap(still, grid);
    const put = (panel, values, limit) => panel.shown && (values ? panel.floats(values, grid, limit) : panel.blank());
    x_t.halves(still.xHalves, grid, luts.x);
    if (still.epsHalves) eps.halves(still.epsHalves, grid, luts.eps);
    else eps.blank();
    put(x_hat_0, still.xHat0, 1);
    put(mean, still.mean, 1);
    put(sigma_z, still.sigmaZ, 3 * ((step && step.sigma) || 1));
  }

  throughMap(still, grid) {
    const { x_t, x_hat_0, eps, mean, sigma_z } = this.by,
      { step, xHalves } = still;
    const put = (panel, values, limit, isPicture) =>
      panel.shown && (values ? panel.mapped(values, grid, limit, this.colours, isPicture) : panel.blank());
    put(x_t, decode(xHalves, new Float32Array(xHalves.length)), 1, true);
    put(x_hat_0, still.xHat0, 1, true);
    put(eps, still.epsHat, 1, false);
    put(mean, still.mean, 1, true);
    put(sigma_z, still.sigmaZ, (step && step.sigma) || 1, false);
  }

  scatter(still, chosen) {
    const { x_t, x_hat_0, eps, mean, sigma_z } = this.by,
      { film, frame, step } = still,
      { reach } = CLOUD;
    const at = film.frames.indexOf(frame),
      few = Math.min(CLOUD.trails, this.grid.N);
    const ways =
      chosen === null
        ? Array.from({ length: few }, (_, n) => wayOf(film, n, Math.max(0, at - CLOUD.tail), at))
        : [wayOf(film, chosen, 0, at)];
    const put = (panel, values, limit = reach) => panel.shown && (values ? panel.points(values, limit) : panel.blank());
    x_t.points(decode(frame.x, new Float32Array(frame.x.length)), reach, ways);
    put(x_hat_0, still.xHat0);
    put(eps, still.epsHat);
    put(mean, still.mean);
    put(sigma_z, still.sigmaZ, reach * ((step && step.sigma) || 1));
  }

  // What is seen, in words: at once if `now`, else at most once a second.
  describe(still, now) {
    if (!now && performance.now() - this.described < 1000) return;
    this.described = performance.now();
    const { film, frame, source, step } = still;
    const t = film.tOf(frame),
      share = frame.k < film.steps.length ? noiseVariance(film.steps[frame.k].alpha_bar) : 0;
    this.by.x_t.describe(
      say(this.grid.cloud ? "player.seen_points" : "player.seen_x_t", {
        t,
        count: this.grid.N,
        percent: Math.round(100 * share),
      }),
    );
    const values = { x_hat_0: still.xHat0, eps: still.epsHat, mean: still.mean, sigma_z: still.sigmaZ };
    for (const key of PANELS.slice(1)) {
      const seen = !values[key] ? "player.seen_nothing" : this.grid.cloud ? "player.seen_cloud" : `player.seen_${key}`;
      this.by[key].describe(say(seen, { t: film.tOf(source), s: step ? step.s : 0, symbol: say(`player.sym_${key}`) }));
    }
  }
}
