// A picture of one's own, noised and denoised, painted, taken back to its noise, or joined with another.
import { base64, bytes } from "../core/base64.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { make, makeButton, opened, write } from "../page/dom.js";
import { LongRun } from "../page/long_run.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { ask } from "../page/server.js";
import { say } from "../page/words.js";
import { keepBar, textOf } from "./keeping.js";
import { LeversForm } from "./levers_form.js";
import { commandOf } from "./recipes.js";
import { Source } from "./source.js";

const DIGITS = [3, 14],
  OPEN = "/";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".own");
  const start = JSON.parse(props.value || ""),
    run = new LongRun(find, element);
  let deed = start.deeds[0];
  /** @type {any} of the checkpoint that is chosen; what is shown */
  let facts = null,
    shown = null;

  const digitOf = async (/** @type {number} */ digit) => {
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint, digit }), {
      line: find(".problem"),
    });
    return answer && !answer.problem ? answer.picture : null;
  };
  const levers = new LeversForm(find(".levers"), "own_picture", keep);
  const sources = ["own_picture.first", "own_picture.second"].map((name) => new Source(say(name), digitOf, keep));
  find(".sources").append(...sources.map((source) => source.root));

  const buttons = start.deeds.map((/** @type {string} */ name) => {
    const button = makeButton("", say(`own_picture.deed_${name}`));
    button.addEventListener("click", () => {
      choose(name);
      keep();
    });
    return button;
  });
  find(".deeds").append(...buttons);

  function keep() {
    const digits = sources.map(({ digit }) => (digit === null ? "" : digit)).join("+");
    remember("own_picture", [deed, digits, levers.text].join(OPEN), element);
  }

  function choose(/** @type {string} */ name) {
    deed = name;
    buttons.forEach((/** @type {HTMLElement} */ button, /** @type {number} */ i) =>
      button.setAttribute("aria-pressed", String(start.deeds[i] === deed)),
    );
    find(".lead").textContent = say(`own_picture.lead_${deed}`);
    sources[1].root.hidden = deed !== "interpolate";
    sources.forEach((source, i) => source.masking(deed === "inpaint" && !i));
    form();
  }

  function form() {
    if (!facts) return;
    const T = facts.T,
      most = Math.min(start.most_steps, T);
    const classes = [...facts.classes].map((name, i) => /** @type {[string, string]} */ ([String(i), name]));
    if (!facts.needs_label) classes.unshift(["-1", say("own_picture.no_class")]);
    const S = { min: 1, max: most, step: 1 },
      seed = { min: 0, max: 1e9, step: 1, usual: 0 },
      guidance = { min: 0, max: 20, step: 0.5, usual: 1 },
      label = { options: classes, usual: classes[0][0] };
    const sampler = {
      options: /** @type {[string, string][]} */ ([
        ["ddpm", "DDPM"],
        ["ddim", "DDIM"],
      ]),
      usual: "ddpm",
    };
    const strength = { min: 0, max: 1, step: 0.1, usual: 0 },
      fixed_points = { min: 0, max: start.most_fixed, step: 1, usual: 0 };
    levers.show(
      /** @type {any} */ ({
        edit: { label, num_steps: { ...S, usual: Math.min(50, most) }, sampler, strength, guidance, seed },
        inpaint: {
          label, num_steps: { ...S, usual: Math.min(50, most) }, resample: { min: 1, max: 8, step: 1, usual: 4 },
          jump: { min: 1, max: most, step: 1, usual: Math.min(5, most) }, sampler, strength, guidance, seed,
        },
        invert: { label, num_steps: { ...S, usual: Math.min(50, most) }, fixed_points, guidance },
        interpolate: {
          label, num_steps: { ...S, usual: Math.min(50, most) }, count: { min: 5, max: 15, step: 1, usual: 7 },
          fixed_points, guidance,
        },
      })[deed], // prettier-ignore
    );
  }

  async function go() {
    const given = sources.slice(0, deed === "interpolate" ? 2 : 1).map((source) => source.asked);
    /** @type {Record<string, unknown>} */
    const asked = { deed, pictures: given, checkpoint: settings.checkpoint, ...levers.asked };
    if (deed === "inpaint") asked.mask = base64(sources[0].mask);
    const answer = await run.ask(server.run_deed, asked);
    if (!answer) return;
    const { shape, rows, told } = answer,
      size = shape[0] * shape[1] * shape[2];
    find(".strips").replaceChildren(
      ...rows.map((/** @type {any} */ row) => {
        const values = bytes(row.pictures);
        const frames = row.captions.map((/** @type {string} */ caption, /** @type {number} */ i) => {
          const canvas = make("canvas");
          canvas.setAttribute("role", "img");
          canvas.setAttribute("aria-label", `${row.name}, ${caption}`);
          paintBytes(canvas, values.subarray(i * size, (i + 1) * size), 1, shape);
          return make("figure", "", canvas, write(make("figcaption"), caption));
        });
        return make("div", "strip card", write(make("h3"), row.name), make("div", "frames", ...frames));
      }),
    );
    write(find(".told"), told.join(" "));
    const title = [say(`own_picture.deed_${deed}`), ...told].join(" · ");
    shown = {
      title,
      command: command(asked),
      numbers: { ...asked, told, captions: rows.map((/** @type {any} */ row) => row.captions) },
    };
  }

  // What the command line would be told; a drawing or a file has no name there.
  function command(/** @type {any} */ asked) {
    const pictures = sources
      .slice(0, asked.pictures.length)
      .map(({ digit }) => (digit === null ? "FILE.png" : digit))
      .join(",");
    const label = asked.label < 0 ? "none" : asked.label;
    const words = [deed === "interpolate" ? "--pictures" : "--picture", pictures, "--label", label];
    words.push("--steps", asked.num_steps, "--guidance", asked.guidance);
    if (deed === "edit")
      words.push("--t", Array.from({ length: 9 }, (_, k) => Math.round((facts.T * k) / 8)).join(","));
    if (deed === "inpaint") words.push("--mask", "MASK.png", "--resample", asked.resample, "--jump", asked.jump);
    if (asked.sampler) words.push("--sampler", asked.sampler, "--seed", asked.seed);
    if (asked.sampler === "ddim") words.push("--eta", asked.strength);
    if (asked.fixed_points) words.push("--fixed-points", asked.fixed_points);
    if (asked.count) words.push("--count", asked.count);
    return commandOf(deed, words);
  }

  async function learn(/** @type {string[]} */ wanted) {
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint }), { line: find(".problem") });
    if (!answer || answer.problem) return;
    facts = answer;
    for (const source of sources) source.resize(facts.shape);
    form();
    if (facts.has_digits)
      sources.forEach((source, i) => source.digit === null && /^\d+$/.test(wanted[i] || "") && source.take(+wanted[i]));
  }

  keepBar(find(".keep-bar"), () => {
    const canvases = find.all(".strips .strip:last-child canvas");
    if (!canvases.length || !shown) return null;
    const rows = find.all(".strips .strip").map((strip) => ({
      name: textOf(/** @type {Node} */ (strip.querySelector("h3"))),
      pictures: [...strip.querySelectorAll("figure")].map((figure) => ({
        canvas: /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas")),
        caption: textOf(figure),
      })),
    }));
    return { ...shown, rows, canvases: /** @type {HTMLCanvasElement[]} */ (canvases) };
  });
  find(".go").addEventListener("click", go);
  onSettings(element, ["own_picture", "checkpoint"], () => {
    const [name, digits = "", text = ""] = String(settings.own_picture || "").split(OPEN);
    levers.restore(text);
    choose(start.deeds.includes(name) ? name : deed);
    learn(digits ? digits.split("+") : DIGITS.map(String));
  });
  root.classList.add("ready");
}
