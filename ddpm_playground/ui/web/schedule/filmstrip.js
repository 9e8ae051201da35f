// One picture at ten times, a row for each schedule.
import { float32 } from "../core/base64.js";
import { blend, noiseWeight, signalWeight } from "../core/formulas.js";
import { number } from "../core/number.js";
import { paint } from "../draw/canvas.js";
import { nameOf, swatch } from "../draw/schedule_key.js";
import { finder, make, makeButton, opened } from "../page/dom.js";
import { nextFrame } from "../page/life.js";
import { isAwaited, onSchedules, shownSchedules, tried } from "../page/schedules.js";
import { areRestored, moveT, onT, settings, wantedT } from "../page/settings.js";
import { say } from "../page/words.js";

const FRAMES = 10;

/** @param {Component} component */
export function mount(component) {
  const { element, props, watch } = component;
  const { root, find } = opened(element, ".filmstrip");
  const rows = find(".rows"),
    about = find(".about");
  let data = null,
    t = null,
    built = "";

  // Rows and frames stay the same nodes as long as their number does: nothing flickers while a slider moves.
  function build() {
    const shape = `${data.schedules.length}/${data.ts.length}/${data.height}/${data.width}`;
    if (shape === built) return;
    built = shape;
    root.style.setProperty("--count", data.ts.length);
    rows.replaceChildren(
      ...data.schedules.map(() =>
        make("div", "row", make("div", "name"), make("div", "frames", ...data.ts.map(frame))),
      ),
    );
  }

  function frame(_, i) {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    const button = makeButton("frame", make("span", "picture", canvas), make("span", "t"), make("span", "left"));
    button.addEventListener("click", () => {
      t = data.ts[i];
      mark();
      moveT(t, element);
    });
    return button;
  }

  function draw() {
    const x_t = new Float32Array(data.x_0.length);
    build();
    finder(rows)
      .all(":scope > .row")
      .forEach((row, r) => {
        const name = nameOf(data.schedules[r]),
          { alpha_bar: alphaBars } = data.schedules[r].tables;
        row.querySelector(".name").replaceChildren(swatch(`--series-${r}`, data.dashes[r]), name);
        finder(row)
          .all(".frame")
          .forEach((button, i) => {
            const canvas = button.querySelector("canvas"),
              at = data.ts[i],
              alphaBar = alphaBars[at],
              value = number(alphaBar, 3);
            blend(x_t, data.x_0, signalWeight(alphaBar), data.eps, noiseWeight(alphaBar));
            paint(canvas, x_t, [data.channels, data.height, data.width]);
            button.style.setProperty("--at", `${(100 * at) / data.T}%`);
            button.querySelector(".t").textContent = say("schedule.frame_t", { t: at });
            button.querySelector(".left").textContent = say("schedule.frame_alpha_bar", { value });
            canvas.setAttribute("aria-label", say("schedule.frame_label", { name, t: at, value }));
          });
      });
    about.textContent = say("schedule.strip", { digit: data.digit, label: data.label });
    mark();
  }

  // The frame nearest to t.
  function mark() {
    const gaps = data.ts.map((at) => Math.abs(at - t)),
      nearest = gaps.indexOf(Math.min(...gaps));
    for (const row of finder(rows).all(":scope > .row"))
      finder(row)
        .all(".frame")
        .forEach((button, i) => {
          button.classList.toggle("now", i === nearest);
          button.setAttribute("aria-current", String(i === nearest));
        });
  }

  function receive() {
    if (!props.value) return;
    data = { ...data, ...JSON.parse(props.value) };
    data.x_0 = float32(data.x_0);
    data.eps = float32(data.eps);
    redraw();
  }

  // What the settings ask for, if it can be had; curves.js says why not.
  const redraw = nextFrame(() => {
    const tell = (problem) => root.classList.toggle("is-empty", !data.T && !isAwaited(problem));
    const schedules = data && areRestored() && tried(() => shownSchedules(settings), tell);
    if (!schedules) return;
    const { T } = settings;
    root.classList.remove("is-empty");
    Object.assign(data, { schedules, T });
    data.ts = [...new Set(Array.from({ length: FRAMES }, (_, i) => Math.round((i * T) / (FRAMES - 1))))];
    t = Math.min(wantedT(settings.t), T);
    draw();
  });

  onT(element, (to) => {
    if (!data || !data.T) return;
    t = to;
    mark();
  });
  watch("value", receive);
  receive();
  onSchedules(component, ["compare"], redraw);
}
