// Samples beside their nearest pictures of the data: has the network memorised?
import { bytes } from "../core/base64.js";
import { number } from "../core/number.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { make, makeButton, opened, write } from "../page/dom.js";
import { LongRun } from "../page/long_run.js";
import { ask } from "../page/server.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { guess } from "./guess.js";
import { keepBar, textOf } from "./keeping.js";
import { LeversForm } from "./levers_form.js";
import { resultFiles } from "./result_files.js";
import { SAMPLERS, usualLevers } from "./usual_levers.js";

const OPEN = "/",
  COPIED = 1; // percent of real pictures that come as near

/** @param {Component} component */
export function mount({ element, props, server, trigger }) {
  const { find } = opened(element, ".nearest");
  const start = JSON.parse(props.value || ""),
    run = new LongRun(find, element),
    levers = new LeversForm(find(".levers"), keep);
  let deed = start.deeds[0];
  /** @type {any} of the checkpoint that is chosen; what is shown */
  let facts = null,
    shown = null;

  const buttons = start.deeds.map((/** @type {string} */ name) => {
    const button = makeButton("", say(`nearest.deed_${name}`));
    button.addEventListener("click", () => {
      choose(name);
      keep();
      go();
    });
    return button;
  });
  find(".deeds").append(...buttons);

  function keep() {
    remember("nearest", [deed, levers.text].join(OPEN), element);
  }
  function choose(/** @type {string} */ name) {
    deed = name;
    buttons.forEach((/** @type {HTMLElement} */ button, /** @type {number} */ i) =>
      button.setAttribute("aria-pressed", String(start.deeds[i] === deed)),
    );
  }

  function form() {
    const { label, num_steps, sampler, strength, guidance, seed } = usualLevers(facts, start.most_steps),
      all = /** @type {[string, string]} */ (["all", say("nearest.all")]);
    levers.show({
      label: { options: [all, ...(label.options || [])], usual: "all" },
      num_images: { min: 2, max: start.most_images, step: 1, usual: 6 },
      num_steps,
      sampler,
      seed,
      strength,
      guidance,
    });
  }

  // Picture i depends on the seed and i alone, so the same settings draw the pictures that Reverse shows.
  function asReverse() {
    const { sampler, label, num_images } = settings,
      isOurs = SAMPLERS.some(([name]) => name === sampler);
    for (const name of /** @type {const} */ (["num_steps", "guidance", "seed", "strength"]))
      levers.values[name] = String(settings[name]);
    levers.values.num_steps = String(Math.min(settings.num_steps, start.most_steps));
    levers.values.num_images = String(Math.max(2, Math.min(num_images, start.most_images)));
    levers.values.label = label === "none" ? "-1" : label;
    if (isOurs) levers.values.sampler = sampler;
    write(find(".status"), isOurs ? "" : say("nearest.unlike", { sampler }));
    form();
    keep();
    go();
  }

  const figure = (/** @type {Uint8Array} */ values, /** @type {string} */ name, /** @type {string[]} */ lines) => {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", [name, ...lines].join(", "));
    paintBytes(canvas, values, 1, shown.shape);
    const caption = [name, ...lines].flatMap((line, i) => (i ? [make("br"), line] : [line]));
    return make("figure", "", canvas, make("figcaption", "", ...caption));
  };

  /** @param {boolean} isHidden whether the neighbours are not shown yet */
  function draw(isHidden) {
    const size = shown.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b),
      [samples, ...near] = [shown.samples, shown.pixels.pictures, shown.features.pictures].map(bytes);
    const part = (/** @type {Uint8Array} */ values, /** @type {number} */ i) =>
      values.subarray(i * size, (i + 1) * size);
    const trios = Array.from({ length: samples.length / size }, (_, i) => {
      const own = figure(part(samples, i), say("nearest.sample", { i: i + 1 }), []);
      if (isHidden) return make("div", "trio alone", own);
      const others = ["pixels", "features"].map((key, k) => {
        const { index, distance, percentile } = shown[key].facts[i],
          one = figure(part(near[k], i), say(`nearest.${key}`), [
            say("nearest.number", { index }),
            say("nearest.near", { distance: number(distance, 3) }),
            say("nearest.percentile", { percentile: percentile.toFixed(1) }),
          ]);
        one.classList.toggle("copied", percentile < COPIED);
        return one;
      });
      return make("div", "trio", own, ...others);
    });
    find(".all").replaceChildren(...trios);
    find(".trios").hidden = false;
    find(".told").hidden = isHidden;
  }

  async function go() {
    const answer = await run.ask(server.run_nearest, { deed, checkpoint: settings.checkpoint, ...levers.asked });
    if (!answer) return;
    shown = answer;
    const { copy } = answer,
      isAsked = copy !== null;
    write(find(".told"), answer.told.join(" "));
    draw(isAsked);
    find(".guess").hidden = !isAsked;
    if (!isAsked) return;
    const count = answer.pixels.facts.length;
    guess(find(".guess"), {
      question: say("nearest.question"),
      answers: Array.from({ length: count }, (_, i) => ({ name: String(i + 1), isRight: i === copy })),
      verdict: (isRight) => say(isRight ? "nearest.right" : "nearest.wrong", { i: copy + 1 }),
      reveal: () => draw(false),
    });
  }

  keepBar(
    find(".keep-bar"),
    () => {
      if (!shown) return null;
      const canvases = /** @type {HTMLCanvasElement[]} */ (find.all(".trio figure:first-child canvas")),
        numbers = { ...levers.asked, pixels: shown.pixels.facts, features: shown.features.facts };
      const rows = find.all(".trio").map((/** @type {HTMLElement} */ trio, /** @type {number} */ i) => ({
        name: say("nearest.sample", { i: i + 1 }),
        pictures: [...trio.querySelectorAll("figure")].map((figure) => ({
          canvas: /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas")),
          caption: [...(figure.querySelector("figcaption")?.childNodes || [])].map(textOf).filter(Boolean).join(" · "),
        })),
      }));
      return { title: [say("nearest.title"), shown.told[0]].join(" · "), canvases, rows, command: "", numbers };
    },
    false,
    resultFiles((kind) => trigger("file", { kind, kept: shown.kept })),
  );
  find(".go").addEventListener("click", go);
  find(".as-reverse").addEventListener("click", asReverse);
  onSettings(element, ["nearest", "checkpoint"], async (changed) => {
    const [name, text = ""] = String(settings.nearest || "").split(OPEN);
    if (changed !== "checkpoint") levers.restore(text);
    choose(start.deeds.includes(name) ? name : deed);
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint }), { line: find(".problem") });
    if (!answer || answer.problem) return;
    facts = answer;
    form();
    if (facts.has_digits) go();
  });
}
