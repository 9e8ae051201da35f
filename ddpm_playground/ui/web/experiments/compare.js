// A/B: two to four columns from the same noises, side by side over log SNR, as they are computed.
import { drawColoured } from "../draw/coloured.js";
import { plotlyFor } from "../draw/plots.js";
import { number } from "../core/number.js";
import { makeButton, opened, write } from "../page/dom.js";
import { nextFrame, onePerFrame, onGround, onResize } from "../page/life.js";
import { LongRun } from "../page/long_run.js";
import { onReach } from "../page/reach.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { ColumnsPlay } from "./columns_play.js";
import { ColumnsStream } from "./columns_stream.js";
import { columnsVideo } from "./columns_video.js";
import { ColumnsView, STEPS } from "./columns_view.js";
import { keepBar } from "./keeping.js";
import { commandOf, LETTERS, parsed, Recipes, written } from "./recipes.js";

const BETWEEN = ";",
  IMAGES = [1, 2, 4, 8, 16],
  USUAL_IMAGES = 4,
  FIRST = "noise",
  RIDDLE = "riddle",
  FILES = ["png", "gif", "npz", "ipynb"];

/** @param {Component} component */
export function mount(component) {
  const { element, props, trigger, watch } = component;
  const { root, find } = opened(element, ".compare");
  const start = JSON.parse(props.value || "");
  const slider = find(".scrub input"),
    images = find(".images"),
    view = new ColumnsView(find(".grid")),
    inTurn = onePerFrame();
  images.append(...IMAGES.map((count) => new Option(String(count), String(count))));
  images.value = String(USUAL_IMAGES);
  /** What was found, and its plots; null until the end. @type {{ found: any[], figures: any } | null} */
  let result = null;
  let riddle = "";
  const stream = new ColumnsStream(
    component,
    { ask: (what) => trigger("compare", what), missing: (what) => trigger("missing", what) },
    { start: begin, come, wait, refuse, gone },
  );
  const run = new LongRun(find, element, { onEnd: () => stream.stop() });
  const play = new ColumnsPlay(slider, find(".play"), {
    reached: () => (view.isSeen ? view.placeOf(view.reached) : 0),
    isRunning: () => stream.isRunning,
    isConnected: () => element.isConnected,
    redraw: () => redraw(),
  });
  let progress = run.progress();

  const recipes = new Recipes(find(".recipes"), start, () => {
    riddle = "";
    keep();
  });

  function keep() {
    const text = [`n=${images.value}`, ...recipes.texts].join(BETWEEN);
    remember("columns", text, element);
    mark();
  }
  function mark() {
    find(".add").disabled = recipes.isFull;
    for (const button of find.all(".examples button"))
      button.setAttribute("aria-pressed", String(button.dataset.key === (riddle ? RIDDLE : exampleOf())));
  }
  const exampleOf = () =>
    Object.entries(start.examples).find(([, texts]) => String(texts) === String(recipes.texts))?.[0];

  const redraw = nextFrame(() => {
    if (!view.isSeen) return;
    const level = play.follows && stream.isRunning ? view.reached : view.level(+slider.value);
    view.draw(level);
    write(find(".level"), say("compare.level", { level: number(level, 3) }));
    slider.setAttribute("aria-valuetext", find(".level").textContent);
  });

  function plot() {
    if (!result || !root.clientWidth) return;
    const { figures } = result;
    const Plotly = plotlyFor(find(".status"), plot);
    if (!Plotly) return;
    inTurn(find.all(".gd").map((gd) => () => drawColoured(Plotly, root, gd, figures[gd.dataset.plot || ""])));
  }

  /** Whether which column is which is a riddle still. */
  const isHidden = () => root.classList.contains("riddle");

  function told() {
    if (!view.run) return "";
    const { thinned, grain, most_mb: mb } = view.run,
      sentences = result ? result.found.slice(1).map(toldOf) : [];
    if (thinned) sentences.push(say("compare.thinned", { mb }));
    if (grain > 1) sentences.push(say("player.coarse", { grain }));
    return sentences.join(" ");
  }

  function toldOf(/** @type {any} */ one, /** @type {number} */ i) {
    const letter = LETTERS[i + 1],
      rms = one.x_0_rms === null ? "NaN" : number(one.x_0_rms, 2);
    if (one.x_0_rms !== null && one.x_0_rms < 1e-5) return say("compare.same", { letter, rms });
    if (one.parts_at === null) return say("compare.near", { letter, rms });
    return say("compare.parts", { letter, t: one.parts_at, rms });
  }

  function go() {
    run.begin();
    progress = run.progress();
    find(".problem").textContent = "";
    stream.ask({ columns: [...recipes.texts], num_images: +images.value, checkpoint: settings.checkpoint });
  }

  // --- messages from Python, as ui/protocol has them
  function begin(/** @type {import("../protocol").ColumnsOpening} */ opening) {
    result = null;
    find(".problem").textContent = "";
    view.start(opening, !!riddle);
    play.start();
    ask();
    write(find(".told"), isHidden() ? "" : told());
    root.dataset.run = opening.run;
    delete root.dataset.done;
  }

  function come(/** @type {import("../protocol").ColumnsFrames} */ message, /** @type {number} */ here) {
    const { frames, done_steps: done = 0, all_steps: all = 0 } = message;
    for (const frame of frames.slice(here)) view.add(/** @type {any} */ (frame));
    if (stream.isRunning && all) progress(done, all);
    if (message.done) end(message);
    play.come();
    redraw();
  }

  function end(/** @type {import("../protocol").ColumnsFrames} */ message) {
    run.rest();
    root.dataset.done = "1";
    if (message.found) result = { found: message.found, figures: message.figures };
    if (message.problem) find(".problem").textContent = message.problem;
    if (play.follows) slider.value = String(message.found ? STEPS : play.screen.reached());
    if (message.stopped) write(find(".told"), say("compare.stopped"));
    else write(find(".told"), isHidden() ? "" : told());
    plot();
  }

  function wait(/** @type {number | null} */ place) {
    if (place === null) run.rest();
    find(".problem").textContent = say(place === null ? "turns.given_up" : "turns.waiting", { place });
  }

  function refuse(/** @type {string} */ problem) {
    run.rest();
    find(".problem").textContent = problem;
  }

  function gone() {
    refuse(say("turns.gone"));
  }

  // Which of two runs used DDIM? Seen before it is told.
  function ask() {
    const box = find(".quiz");
    box.hidden = !riddle;
    root.classList.toggle("riddle", !!riddle);
    if (!riddle) return;
    write(box.querySelector("p"), say("compare.question"));
    box.querySelector(".verdict").textContent = "";
    box.querySelector(".answers").replaceChildren(
      ...recipes.texts.map((_, k) => {
        const button = makeButton("", say("compare.column", { letter: LETTERS[k] }));
        button.addEventListener("click", () => {
          const isRight = LETTERS[k] === riddle;
          write(box.querySelector(".verdict"), say(isRight ? "compare.right" : "compare.wrong", { letter: riddle }));
          root.classList.remove("riddle");
          view.build(false);
          redraw();
          write(find(".told"), told());
        });
        return button;
      }),
    );
  }

  for (const key of [...Object.keys(start.examples), RIDDLE]) {
    const button = makeButton("", say(`compare.example_${key}`));
    button.dataset.key = key;
    button.addEventListener("click", () => {
      riddle = "";
      if (key === RIDDLE) {
        const seed = Math.floor(Math.random() * 1000),
          texts = ["ddpm", "ddim"].map((sampler) => `sampler=${sampler} num_steps=50 seed=${seed}`);
        if (seed % 2) texts.reverse();
        riddle = LETTERS[texts.findIndex((text) => parsed(text).sampler === "ddim")];
        recipes.show(texts);
      } else recipes.show(start.examples[key]);
      root.classList.toggle("riddle", !!riddle);
      keep();
      go();
    });
    find(".examples").append(button);
  }
  keepBar(find(".keep-bar"), kept, true, {
    ...Object.fromEntries(FILES.map((kind) => [kind, () => trigger("file", { kind })])),
    video: (_, said) => columnsVideo(view, said),
  });
  function kept() {
    if (!view.isSeen || !view.run) return null;
    const texts = view.run.columns.map(({ settings: own }) => written(own)),
      row = view.canvases.slice(texts.length, 2 * texts.length);
    return {
      title: texts.map((text, k) => `${LETTERS[k]}: ${text}`).join(" · "),
      canvases: row,
      command: commandOf("compare", [...texts, "--num-images", view.run.count]),
      numbers: result && result.found,
    };
  }
  find(".go").addEventListener("click", () => {
    riddle = "";
    keep();
    go();
  });
  find(".add").addEventListener("click", () => recipes.add());
  images.addEventListener("change", keep);
  onResize(root, () => {
    redraw();
    plot();
  });
  onGround(element, () => {
    redraw();
    plot();
  });
  onSettings(element, ["columns"], () => {
    const parts = String(settings.columns || "").split(BETWEEN).filter(Boolean); // prettier-ignore
    const count = parts.find((part) => part.startsWith("n="))?.slice(2);
    const texts = parts.filter((part) => !part.startsWith("n="));
    if (count && IMAGES.includes(+count)) images.value = count;
    recipes.show(texts.length >= 2 ? texts : start.examples[FIRST]);
    mark();
    go();
  });
  onReach(element, (isReached) => {
    if (!isReached && stream.isRunning) find(".problem").textContent = say("app.unreachable");
  });
  watch("value", () => stream.receive());
}
