// A picture of one's own, noised and denoised, painted, taken back to its noise, or joined with another.
import { base64, bytes } from "../core/base64.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { drawColoured } from "../draw/coloured.js";
import { plotlyFor } from "../draw/plots.js";
import { make, makeButton, opened, write } from "../page/dom.js";
import { onGround, onResize } from "../page/life.js";
import { LongRun } from "../page/long_run.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { ask } from "../page/server.js";
import { say } from "../page/words.js";
import { guess } from "./guess.js";
import { keepBar, textOf } from "./keeping.js";
import { LeversForm } from "./levers_form.js";
import { ownLevers, picturesOf, wordsOf } from "./own_levers.js";
import { commandOf } from "./recipes.js";
import { framesOf, resultFiles } from "./result_files.js";
import { Source } from "./source.js";

const DIGITS = [3, 14],
  OPEN = "/",
  MOST_LINK = 1900, // characters that an address keeps for this card
  COMMANDS = { guess: "edit", seeds: "interpolate" };

/** @param {Component} component */
export function mount({ element, props, server, trigger }) {
  const { root, find } = opened(element, ".own");
  const start = JSON.parse(props.value || ""),
    run = new LongRun(find, element);
  let deed = start.deeds[0];
  /** @type {any} of the checkpoint that is chosen; what is shown; its plot */
  let facts = null,
    shown = null,
    figure = null;

  const digitOf = async (/** @type {number} */ digit) => {
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint, digit }), {
      line: find(".problem"),
    });
    return answer && !answer.problem ? answer.picture : null;
  };
  const levers = new LeversForm(find(".levers"), keep);
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

  // What is too long for an address is left out of it, which is said.
  function keep() {
    const codes = sources.map(({ code }) => code),
      text = () => [deed, codes.join("+"), levers.text, sources[0].maskCode].join(OPEN).replace(/\/$/, "");
    let isWhole = true;
    for (const i of [1, 0])
      if (text().length > MOST_LINK && sources[i].digit === null) {
        codes[i] = "";
        isWhole = isWhole && i >= picturesOf(deed);
      }
    find(".unlinked").textContent = isWhole ? "" : say("own_picture.not_in_link");
    remember("own_picture", text(), element);
  }

  function choose(/** @type {string} */ name) {
    deed = name;
    buttons.forEach((/** @type {HTMLElement} */ button, /** @type {number} */ i) =>
      button.setAttribute("aria-pressed", String(start.deeds[i] === deed)),
    );
    write(find(".lead"), say(`own_picture.lead_${deed}`));
    find(".guess").hidden = true;
    sources.forEach((source, i) => {
      source.root.hidden = i >= picturesOf(deed);
      source.masking(deed === "inpaint" && !i);
    });
    form();
  }

  function form() {
    if (facts) levers.show(ownLevers(deed, facts, start));
  }

  async function go() {
    const given = sources.slice(0, picturesOf(deed)).map((source) => source.asked);
    /** @type {Record<string, unknown>} */
    const asked = { deed, pictures: given, checkpoint: settings.checkpoint, ...levers.asked };
    if (deed === "inpaint") asked.mask = base64(sources[0].mask);
    const answer = await run.ask(server.run_deed, asked);
    if (!answer) return;
    find(".strips").replaceChildren(...answer.rows.map((/** @type {any} */ row) => strip(row, answer.shape)));
    figure = answer.figure;
    if (figure) {
      const gd = make("div", "gd");
      gd.setAttribute("role", "img");
      find(".strips").append(
        make("figure", "seam card", write(make("h3"), say("own_picture.seam_title")), make("div", "keys"), gd),
      );
    }
    plot();
    const command = wordsOf(deed, { ...asked, ts: answer.riddle?.ts }, facts.T);
    shown = {
      kept: answer.kept,
      isStrip: !answer.riddle,
      title: [say(`own_picture.deed_${deed}`), ...answer.told].join(" · "),
      command: commandOf(COMMANDS[deed] || deed, command),
      numbers: { ...asked, told: answer.told, captions: answer.rows.map((/** @type {any} */ row) => row.captions) },
    };
    const tell = () => write(find(".told"), answer.told.join(" "));
    if (answer.riddle) riddle(answer.riddle, tell);
    else tell();
    find(".guess").hidden = !answer.riddle;
  }

  // Which of two edits began at the larger t? Seen before it is told.
  function riddle(/** @type {any} */ { names, right }, /** @type {() => void} */ tell) {
    find(".told").textContent = "";
    guess(find(".guess"), {
      question: say("own_picture.question"),
      answers: names.map((/** @type {string} */ name) => ({ name, isRight: name === right })),
      verdict: (isRight) => say(isRight ? "own_picture.right" : "own_picture.wrong", { name: right }),
      reveal: tell,
    });
  }

  function strip(/** @type {any} */ row, /** @type {[number, number, number]} */ shape) {
    const values = bytes(row.pictures),
      size = shape[0] * shape[1] * shape[2];
    const frames = row.captions.map((/** @type {string} */ caption, /** @type {number} */ i) => {
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${row.name}, ${caption}`);
      paintBytes(canvas, values.subarray(i * size, (i + 1) * size), 1, shape);
      return make("figure", "", canvas, write(make("figcaption"), caption));
    });
    return make("div", "strip card", write(make("h3"), row.name), make("div", "frames", ...frames));
  }

  function plot() {
    const gd = find(".seam .gd");
    if (!figure || !gd || !root.clientWidth) return;
    const Plotly = plotlyFor(find(".status"), plot);
    if (Plotly) drawColoured(Plotly, root, gd, figure);
  }

  async function learn(/** @type {string[]} */ codes, /** @type {string} */ maskCode) {
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint }), { line: find(".problem") });
    if (!answer || answer.problem) return;
    facts = answer;
    for (const source of sources) source.resize(facts.shape);
    form();
    for (const [i, source] of sources.entries()) {
      const code = codes[i] || "";
      if (code.startsWith("~") || facts.has_digits) await source.restore(code, i ? "" : maskCode);
    }
  }

  const kept = () => {
    const canvases = find.all(".strips .strip:last-of-type canvas");
    if (!canvases.length || !shown) return null;
    const rows = find.all(".strips .strip").map((strip) => ({
      name: textOf(/** @type {Node} */ (strip.querySelector("h3"))),
      pictures: [...strip.querySelectorAll("figure")].map((figure) => ({
        canvas: /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas")),
        caption: textOf(figure),
      })),
    }));
    return { ...shown, rows, canvases: /** @type {HTMLCanvasElement[]} */ (canvases) };
  };
  // Of a strip between two ends the captions are but numbers.
  const frames = (/** @type {import("./keeping.js").What} */ what) =>
    framesOf(what).map(({ caption, panels }) => ({
      caption: isNaN(+caption) ? caption : say("own_picture.share", { share: caption }),
      panels,
    }));
  keepBar(
    find(".keep-bar"),
    kept,
    true,
    resultFiles((kind) => trigger("file", { kind, kept: shown.kept }), frames),
  );
  find(".go").addEventListener("click", go);
  onResize(root, plot);
  onGround(element, plot);
  onSettings(element, ["own_picture", "checkpoint"], (changed) => {
    const [name, pictures = "", text = "", maskCode = ""] = String(settings.own_picture || "").split(OPEN);
    if (changed !== "checkpoint") levers.restore(text);
    choose(start.deeds.includes(name) ? name : deed);
    learn(pictures ? pictures.split("+") : DIGITS.map(String), maskCode);
  });
  root.classList.add("ready");
}
