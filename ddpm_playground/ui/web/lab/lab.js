// The schedule laboratory: text in, verdict out, and a curve that can be dragged. The server reads and examines; the
// curves follow the finger here.
import { base64, float64 } from "../core/base64.js";
import { tablesFrom } from "../core/formulas.js";
import { make, opened, typeset } from "../page/dom.js";
import { nextFrame, onGround, onResize } from "../page/life.js";
import { askInTurn, Newest } from "../page/server.js";
import { onSettings } from "../page/settings.js";
import { say } from "../page/words.js";
import { cardOf, showVerdict } from "./cards.js";
import { CurveHandles } from "./curve_handles.js";
import { exportButtons } from "./exports.js";
import { Intake } from "./intake.js";
import { LabPlots, PLOTTED } from "./lab_plots.js";
import { ReferenceChoice } from "./reference_choice.js";
import { referencesFrom } from "./references.js";
import { announceLab } from "./state.js";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".lab");
  /** @type {import("../protocol").LabStart} */
  const start = JSON.parse(props.value || "");
  const quantity = find(".quantity"),
    problem = find(".problem"),
    undo = find(".undo"),
    reset = find(".reset");
  const questions = new Newest(element);
  quantity.append(...PLOTTED.map((key) => new Option(say(`lab.drag_${key}`), key)));

  /** @type {any} the verdict that is shown; as it was read, before the first drag */
  let subject = null,
    source = null;
  /** @type {any} */
  let tables = null;
  /** The β before each drag. @type {Float64Array[]} */
  let past = [];

  const redraw = nextFrame(() => plots.draw());
  const refuse = (/** @type {string} */ sentence) => {
    problem.textContent = sentence;
  };
  const references = new ReferenceChoice(find(".references"), referencesFrom(start.references), start, redraw);
  const intake = new Intake(root, start, { examine, refuse });
  const plots = new LabPlots(
    root,
    start,
    () => references.shown,
    () => handles.place(),
  );
  const handles = new CurveHandles(plots, quantity, (from, now) => {
    past.push(from.betas);
    take(now.betas);
    examineEdited();
  });

  // What the server says of it, unless something newer has been asked since.
  async function ask(name, argument, done) {
    const wanted = questions.next();
    root.setAttribute("aria-busy", "true");
    const asked = { steps: intake.steps.value, size: intake.size.value, ...intake.besides(), ...argument };
    const answer = await askInTurn(server[name], asked, { line: problem, wanted });
    if (!answer) return;
    root.removeAttribute("aria-busy");
    root.classList.toggle("stale", !!answer.problem);
    if (!answer.problem) return done(answer);
    find(".verdict").className = "verdict none";
    find(".verdict").textContent = say("lab.verdict_unread");
  }

  // What goes out of here is what was examined last, and nothing while another is asked for or could not be read.
  new MutationObserver(() => {
    const isOld = root.hasAttribute("aria-busy") || root.classList.contains("stale");
    for (const button of find.all(".exports button, .cards .copy")) button.toggleAttribute("disabled", isOld);
  }).observe(root, { attributes: true, attributeFilter: ["class", "aria-busy"] });

  function examine() {
    intake.remember();
    return ask("examine", { text: intake.text.value }, (answer) => {
      past = [];
      receive((source = answer));
    });
  }

  const examineEdited = () =>
    ask("examine_edited", { betas: base64(tables.betas), config: subject.config }, (answer) =>
      receive({ ...answer, name: subject.name }),
    );

  function receive(verdict) {
    const { name, T, betas, config, findings } = (subject = verdict);
    references.hasTrained = !!subject.trained;
    references.draw();
    take(float64(betas));
    find(".outcome").hidden = false;
    find("h2").textContent = say(past.length ? "lab.edited" : "lab.heading", { name, T });
    find(".read").replaceChildren(...verdict.read_as.map((sentence) => make("li", "", ...typeset(sentence))));
    showVerdict(find(".verdict"), findings);
    const cards = findings.map((finding) => cardOf(finding, jump));
    find(".cards").replaceChildren(...(cards.length ? cards : [make("li", "none", say("lab.healthy"))]));
    plots.mark(null);
    const state = { name: find("h2").textContent, betas, config, T, findings };
    announceLab({ ...state, steps: intake.steps.value, trained: intake.besides().trained }, element);
  }

  // Where a finding is.
  const jump = (where, behavior) => {
    plots.mark(where);
    find(".plots").scrollIntoView({ block: "nearest", behavior });
  };

  function take(betas) {
    tables = { ...tablesFrom(betas), betas };
    undo.disabled = reset.disabled = !past.length;
    plots.show(subject, tables, past.length > 0);
    redraw();
  }

  const back = (betas) => {
    questions.next();
    root.removeAttribute("aria-busy");
    if (!past.length) return void receive(source);
    take(betas);
    examineEdited();
  };
  undo.addEventListener("click", () => past.length && back(past.pop()));
  reset.addEventListener("click", () => {
    const [first] = past;
    past = [];
    if (first) back(first);
  });
  root.addEventListener("keydown", (event) => {
    const isTyped = ["TEXTAREA", "INPUT"].includes(/** @type {HTMLElement} */ (event.target).tagName);
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z" || !past.length || isTyped) return;
    event.preventDefault();
    undo.click();
  });

  exportButtons(find(".exports"), find(".exported"), start.formats, server.export, () => ({
    betas: base64(tables.betas),
    config: subject.config,
    linkable: intake.isLinkable,
    edited: past.length > 0,
    gd: handles.plot.gd,
    name: quantity.value,
    title: find("h2").textContent,
  }));

  onResize(root, redraw);
  onGround(element, redraw);
  onSettings(element, [], () => {
    intake.restore();
    if (intake.text.value) examine();
  });
}
