// One chain and its branches: at six t it is left, and gone on with from there with other noises.
import { bytes } from "../core/base64.js";
import { paintBytes } from "../draw/byte_tiles.js";
import { make, opened, write } from "../page/dom.js";
import { LongRun } from "../page/long_run.js";
import { ask } from "../page/server.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { guess } from "./guess.js";
import { keepBar, textOf } from "./keeping.js";
import { LeversForm } from "./levers_form.js";
import { resultFiles } from "./result_files.js";
import { SAMPLERS, usualLevers } from "./usual_levers.js";

/** @param {Component} component */
export function mount({ element, props, server, trigger }) {
  const { find } = opened(element, ".branch");
  const start = JSON.parse(props.value || ""),
    run = new LongRun(find, element),
    levers = new LeversForm(find(".levers"), () => remember("branch", levers.text, element));
  /** @type {any} */
  let facts = null,
    shown = null;

  function form() {
    const { label, num_steps, sampler, strength, guidance, seed } = usualLevers(facts, start.most_steps),
      same = /** @type {[string, string]} */ (["own", say("branch.then_same")]);
    levers.show({
      label,
      count: { min: 4, max: 16, step: 1, usual: 8, word: "branches" },
      chains: { min: 1, max: 64, step: 1, usual: 1 },
      num_steps: { ...num_steps, min: 2 },
      sampler,
      seed,
      at: { min: 1, max: facts.T, step: 1, usual: "", isRare: true },
      then: { options: [same, ...(label.options || [])], usual: "own", isRare: true },
      then_sampler: { options: [same, ...SAMPLERS], usual: "own", isRare: true },
      then_steps: { min: 2, max: num_steps.max, step: 1, usual: "", isRare: true },
      then_guidance: { min: 0, max: 20, step: 0.5, usual: "", isRare: true },
      strength,
      guidance,
    });
  }

  const picture = (/** @type {Uint8Array} */ values, /** @type {string} */ name) => {
    const canvas = make("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    paintBytes(canvas, values, 1, shown.shape);
    return canvas;
  };

  function draw() {
    const { forks, shape, end } = shown,
      size = shape[0] * shape[1] * shape[2];
    const rows = forks.map((/** @type {any} */ fork) => {
      const values = bytes(fork.pictures),
        count = values.length / size;
      const leaves = Array.from({ length: count }, (_, b) => {
        const name = fork.digits
          ? say("branch.leaf_read", { b: b + 1, digit: fork.digits[b] })
          : say("branch.leaf", { b: b + 1 });
        const leaf = make("figure", "leaf", picture(values.subarray(b * size, (b + 1) * size), name));
        leaf.setAttribute("role", "treeitem");
        leaf.setAttribute("aria-label", name);
        leaf.tabIndex = -1;
        leaf.classList.toggle("other", !!fork.same && !fork.same[b]);
        return leaf;
      });
      const told = fork.same ? say("branch.share", { share: fork.agree, count: count * shown.chains }) : "";
      const node = make(
        "div",
        "node",
        write(make("b"), say("branch.at", { t: fork.t })),
        make("div", "stem", ...["x_t", "x_hat_0"].map((key) => picture(bytes(fork[key]), `${key}, t = ${fork.t}`))),
        make("span", "share", told),
      );
      return make("div", "fork", node, make("div", "leaves", ...leaves));
    });
    const last = make(
      "div",
      "fork",
      make("div", "node", make("b", "", say("branch.end"))),
      make("div", "leaves", make("figure", "leaf", picture(bytes(end), say("branch.end")))),
    );
    find(".tree").replaceChildren(...rows, last);
    const first = find(".leaf");
    if (first) first.tabIndex = 0;
  }

  // Left and right along the branches of one t, up and down between them.
  find(".tree").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const leaf = /** @type {HTMLElement} */ (event.target).closest(".leaf");
    if (!leaf || !leaf.parentElement) return;
    const forks = find.all(".fork"),
      row = forks.findIndex((fork) => fork.contains(leaf)),
      at = [...leaf.parentElement.children].indexOf(leaf);
    const to = {
      ArrowLeft: [row, at - 1],
      ArrowRight: [row, at + 1],
      ArrowUp: [row - 1, at],
      ArrowDown: [row + 1, at],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const leaves = forks[to[0]]?.querySelectorAll(".leaf");
    const next = /** @type {HTMLElement | undefined} */ (leaves?.[Math.min(to[1], leaves.length - 1)]);
    if (!next) return;
    /** @type {HTMLElement} */ (leaf).tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  // At which t is the picture decided? Guessed before it is seen.
  function riddle() {
    const { decided, forks } = shown,
      isAsked = decided !== null && forks.length > 1,
      reveal = () => (find(".tree").hidden = find(".told").hidden = false);
    find(".tree").hidden = find(".told").hidden = isAsked;
    find(".guess").hidden = !isAsked;
    if (!isAsked) return;
    guess(find(".guess"), {
      question: say("branch.question"),
      answers: forks.map((/** @type {any} */ { t }) => ({ name: `t = ${t}`, isRight: t === decided })),
      verdict: (isRight) => say(isRight ? "branch.right" : "branch.wrong", { t: decided }),
      reveal,
    });
  }

  async function go() {
    const answer = await run.ask(server.run_branches, { checkpoint: settings.checkpoint, ...levers.asked });
    if (!answer) return;
    shown = answer;
    draw();
    write(find(".told"), answer.told.join(" "));
    riddle();
  }

  // One frame a t: x_t, x̂_0, and all branches.
  const forkFrames = () =>
    find.all(".fork:not(:last-child)").map((/** @type {HTMLElement} */ fork) => ({
      caption: [...fork.querySelectorAll(".node b, .node .share")].map(textOf).filter(Boolean).join(" · "),
      panels: [".stem canvas:first-child", ".stem canvas:last-child", ".leaf canvas"].map((which, k) => ({
        name: ["x_{t}", "x̂_{0}", say("branch.leaves")][k],
        canvases: /** @type {HTMLCanvasElement[]} */ ([...fork.querySelectorAll(which)]),
      })),
    }));

  keepBar(
    find(".keep-bar"),
    () => {
      if (!shown) return null;
      const canvases = /** @type {HTMLCanvasElement[]} */ (find.all(".leaf canvas")).slice(-4),
        numbers = shown.forks.map((/** @type {any} */ { t, digits }) => ({ t, digits }));
      const title = [say("branch.title"), ...shown.told].join(" · ");
      const rows = find.all(".fork").map((fork) => ({
        name: [...fork.querySelectorAll(".node b, .node .share")].map(textOf).filter(Boolean).join(" · "),
        pictures: [...fork.querySelectorAll(".leaf canvas")].map((canvas) => ({
          canvas: /** @type {HTMLCanvasElement} */ (canvas),
          caption: canvas.getAttribute("aria-label") || "",
        })),
      }));
      return {
        kept: shown.kept,
        isStrip: true,
        title,
        canvases,
        rows,
        command: "",
        numbers: { ...levers.asked, digit: shown.digit, forks: numbers },
      };
    },
    false,
    resultFiles((kind) => trigger("file", { kind, kept: shown.kept }), forkFrames),
  );
  find(".go").addEventListener("click", go);
  onSettings(element, ["branch", "checkpoint"], async () => {
    levers.restore(String(settings.branch || ""));
    const answer = await ask(() => server.facts_of({ checkpoint: settings.checkpoint }), { line: find(".problem") });
    if (!answer || answer.problem) return;
    facts = answer;
    form();
  });
}
