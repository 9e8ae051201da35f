// A/B: two to four recipes from the same noises, side by side over log SNR.
import { drawColoured } from "../draw/coloured.js";
import { plotlyFor } from "../draw/plots.js";
import { number } from "../core/number.js";
import { makeButton, opened, write } from "../page/dom.js";
import { isCalm, nextFrame, onePerFrame, onGround, onResize } from "../page/life.js";
import { LongRun } from "../page/long_run.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { ColumnsView } from "./columns_view.js";
import { keepBar } from "./keeping.js";
import { commandOf, LETTERS, parsed, Recipes, written } from "./recipes.js";

const BETWEEN = ";",
  IMAGES = [1, 2, 4, 8],
  USUAL_IMAGES = 4,
  FILM_MS = 4000,
  FIRST = "noise",
  RIDDLE = "riddle";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".compare");
  const start = JSON.parse(props.value || "");
  const slider = find(".scrub input"),
    images = find(".images"),
    view = new ColumnsView(find(".grid")),
    run = new LongRun(find, element),
    inTurn = onePerFrame();
  images.append(...IMAGES.map((count) => new Option(String(count), String(count))));
  images.value = String(USUAL_IMAGES);
  /** @type {any} */
  let figures = null;
  let riddle = "";

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
    if (!view.run) return;
    const level = view.draw(+slider.value);
    write(find(".level"), say("compare.level", { level: number(level, 3) }));
    slider.setAttribute("aria-valuetext", find(".level").textContent);
  });

  function plot() {
    if (!figures || !root.clientWidth) return;
    const Plotly = plotlyFor(find(".status"), plot);
    if (!Plotly) return;
    inTurn(find.all(".gd").map((gd) => () => drawColoured(Plotly, root, gd, figures[gd.dataset.plot || ""])));
  }

  // From noise to picture in some seconds.
  let began = 0;
  function play() {
    const button = find(".play");
    if (began) return void (began = 0);
    began = performance.now();
    button.setAttribute("aria-pressed", "true");
    const tick = (/** @type {number} */ now) => {
      const share = Math.min(1, Math.max(0, (now - began) / FILM_MS));
      if (!began || share >= 1 || !element.isConnected) {
        if (began) slider.value = "200";
        began = 0;
        button.setAttribute("aria-pressed", "false");
        return redraw();
      }
      slider.value = String(Math.round(200 * share));
      redraw();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  function told(/** @type {any} */ answer) {
    const [, ...others] = answer.columns;
    const sentences = others.map((/** @type {any} */ one, /** @type {number} */ i) => {
      const letter = LETTERS[i + 1],
        rms = one.x_0_rms === null ? "NaN" : number(one.x_0_rms, 2);
      if (one.x_0_rms !== null && one.x_0_rms < 1e-5) return say("compare.same", { letter, rms });
      if (one.parts_at === null) return say("compare.near", { letter, rms });
      return say("compare.parts", { letter, t: one.parts_at, rms });
    });
    if (answer.thinned) sentences.push(say("compare.thinned"));
    return sentences.join(" ");
  }

  async function go() {
    const texts = [...recipes.texts];
    const asked = { columns: texts, num_images: +images.value, checkpoint: settings.checkpoint };
    const answer = await run.ask(server.run_columns, asked);
    if (!answer) return;
    figures = answer.figures;
    view.show(answer, !!riddle);
    write(find(".told"), riddle ? "" : told(answer));
    ask(answer);
    if (isCalm()) redraw();
    else {
      began = 0;
      play();
    }
    plot();
  }

  // Which of two runs used DDIM? Seen before it is told.
  function ask(/** @type {any} */ answer) {
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
          write(find(".told"), told(answer));
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
  keepBar(find(".keep-bar"), () => {
    if (!view.run) return null;
    const texts = view.run.columns.map(({ settings: own }) => written(own)),
      row = view.canvases.slice(texts.length, 2 * texts.length);
    return {
      title: texts.map((/** @type {string} */ text, /** @type {number} */ k) => `${LETTERS[k]}: ${text}`).join(" · "),
      canvases: row,
      command: commandOf("compare", [...texts, "--num-images", view.run.count]),
      numbers: view.run.columns.map((/** @type {any} */ one) => ({ ...one, frames: undefined })),
    };
  });
  find(".go").addEventListener("click", () => {
    riddle = "";
    keep();
    go();
  });
  find(".add").addEventListener("click", () => recipes.add());
  find(".play").addEventListener("click", play);
  images.addEventListener("change", keep);
  slider.addEventListener("input", () => {
    began = 0;
    redraw();
  });
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
}
