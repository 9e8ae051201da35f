// What the schedule of the lab does: to a picture beside other schedules, to training, to sampling, to larger pictures.
import { float32, float64 } from "../core/base64.js";
import { blend, noiseWeight, signalWeight, tablesFrom } from "../core/formulas.js";
import { Normals } from "../core/forward_chain.js";
import { number } from "../core/number.js";
import { paint } from "../draw/canvas.js";
import { drawColoured } from "../draw/coloured.js";
import { plotlyFor } from "../draw/plots.js";
import { swatch } from "../draw/schedule_key.js";
import { make, opened, write } from "../page/dom.js";
import { nextFrame, onePerFrame, onGround, onResize } from "../page/life.js";
import { ask, Newest } from "../page/server.js";
import { say } from "../page/words.js";
import { referencesFrom } from "./references.js";
import { onLab } from "./state.js";

const FRAMES = 10,
  SIZES = [1, 4, 8];

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".effects");
  const start = JSON.parse(props.value);
  const align = find(".align"),
    limit = find(".limit"),
    rows = find(".rows"),
    levels = find(".levels");
  const x_0 = float32(start.x_0),
    shape = [start.channels, start.height, start.width],
    eps = float32(start.eps);
  const questions = new Newest(element),
    inTurn = onePerFrame();
  let schedules = [],
    figures = null;
  align.append(new Option(say("effects.by_t"), "t"), new Option(say("effects.by_log_snr"), "log_snr"));
  const references = referencesFrom(start.references);

  // The t of a schedule whose log SNR is nearest to `level`; null where it never comes near.
  function tOf({ tables, T }, level) {
    let best = null,
      gap = 0.75;
    for (let t = 1; t <= T; t++) {
      const off = Math.abs(tables.log_snr[t] - level);
      if (off < gap) [best, gap] = [t, off];
    }
    return best;
  }
  const frameTs = (one) => {
    if (align.value === "t") return Array.from({ length: FRAMES }, (_, i) => Math.round((i * one.T) / (FRAMES - 1)));
    return Array.from({ length: FRAMES }, (_, i) =>
      tOf(one, start.levels[0] + (i * (start.levels[1] - start.levels[0])) / (FRAMES - 1)),
    );
  };
  const limitLevel = () => schedules[0].tables.log_snr[+limit.value];

  function build() {
    rows.replaceChildren(
      ...schedules.map((one, i) =>
        make(
          "div",
          "row",
          make("div", "name", swatch(`--series-${i}`, start.dashes[i]), one.title),
          make(
            "div",
            "frames",
            ...frameTs(one).map(() => {
              const canvas = make("canvas");
              canvas.setAttribute("role", "img");
              return make("div", "frame", canvas, make("div", "t"), make("div", "snr"));
            }),
          ),
        ),
      ),
    );
  }

  function draw() {
    if (!schedules.length) return;
    const level = limitLevel(),
      x = new Float32Array(x_0.length);
    find.all(".rows > .row").forEach((row, r) => {
      const one = schedules[r],
        ts = frameTs(one);
      row.querySelectorAll(".frame").forEach((frame, i) => {
        const t = ts[i],
          none = t === null,
          canvas = frame.querySelector("canvas");
        frame.className = `frame${none ? " none" : one.tables.log_snr[t] < level ? " gone" : ""}`;
        frame.querySelector(".t").textContent = none ? "–" : say("schedule.frame_t", { t });
        const value = none ? "" : number(one.tables.log_snr[t], 3);
        frame.querySelector(".snr").textContent = value;
        if (none) return;
        const alphaBar = one.tables.alpha_bar[t];
        paint(canvas, blend(x, x_0, signalWeight(alphaBar), eps, noiseWeight(alphaBar)), shape);
        canvas.setAttribute("aria-label", say("effects.frame_label", { name: one.title, t, value }));
      });
    });
    write(find(".gone"), say("effects.limit", { t: limit.value }));
    const places = schedules.map((one) => {
      const t = tOf(one, level);
      return say(t === null ? "effects.never" : "effects.place", { name: one.title, t });
    });
    levels.textContent = say("effects.level", { level: number(level, 4), places: places.join(say("effects.between")) });
    sizes();
  }
  const redraw = nextFrame(draw);

  // The same picture on more pixels under the same noise, shown at one size, and what log SNR would look the same.
  const noises = SIZES.map((k) => {
    const normals = new Normals(k);
    return Float32Array.from({ length: eps.length * k * k }, () => normals.next());
  });
  function sizes() {
    const alphaBar = schedules[0].tables.alpha_bar[+limit.value],
      a = signalWeight(alphaBar),
      b = noiseWeight(alphaBar),
      [C, H, W] = shape;
    SIZES.forEach((k, i) => {
      const box = find(".size-row").children[i],
        big = new Float32Array(C * H * W * k * k),
        noise = noises[i];
      for (let c = 0, p = 0; c < C; c++)
        for (let y = 0; y < H * k; y++)
          for (let xx = 0; xx < W * k; xx++, p++)
            big[p] = a * x_0[(c * H + Math.floor(y / k)) * W + Math.floor(xx / k)] + b * noise[p];
      paint(box.querySelector("canvas"), big, [C, H * k, W * k]);
      write(box.querySelector("span"), say("effects.size", { size: W * k, shift: number(-2 * Math.log(k), 3) }));
    });
    write(find(".size-note"), say("effects.size_note", { level: number(limitLevel(), 3) }));
  }
  find(".size-row").append(
    ...SIZES.map(() => {
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", say("effects.size_title"));
      return make("div", "", canvas, make("span"));
    }),
  );

  function plot() {
    if (!figures || !root.clientWidth) return;
    const Plotly = plotlyFor(find(".status"), plot);
    if (!Plotly) return;
    const drawOne = (/** @type {HTMLElement} */ gd) => drawColoured(Plotly, root, gd, figures[gd.dataset.plot]);
    inTurn(find.all(".gd").map((gd) => () => drawOne(gd)));
  }

  onLab(element, async (state) => {
    const wanted = questions.next(),
      betas = float64(state.betas),
      sound = betas.every((beta) => beta >= 0 && beta <= 1);
    root.hidden = !sound;
    if (!sound) return;
    schedules = [{ title: state.name, T: state.T, tables: tablesFrom(betas) }, ...references];
    limit.max = state.T;
    limit.value = tOf(schedules[0], start.usual_limit) ?? Math.round(state.T / 2);
    build();
    redraw();
    const answer = await ask(() => server.effects({ betas: state.betas, steps: state.steps }), {
      wanted,
      line: find(".problem"),
    });
    if (!answer || answer.problem) return;
    figures = answer.figures;
    write(find(".path-note"), say("effects.path_note", { S: answer.steps }));
    plot();
  });
  align.addEventListener("change", () => {
    build();
    redraw();
  });
  limit.addEventListener("input", redraw);
  onResize(root, plot);
  onGround(element, plot);
}
