// The clinic: one network or two shown pictures that they do not know, the verdict, and errors by level.
import { make, opened, typeset, write } from "../page/dom.js";
import { LongRun } from "../page/long_run.js";
import { askInTurn } from "../page/server.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { cardOf } from "./cards.js";
import { ClinicPlots } from "./clinic_plots.js";
import { pixelsOf } from "./own_pictures.js";

const NARROW = "(max-width: 640px)";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".clinic");
  /** @type {import("../protocol").ClinicStart} */
  const start = JSON.parse(props.value || "");
  const go = find(".go"),
    problem = find(".problem"),
    first = find(".first"),
    second = find(".second"),
    pictures = find(".pictures"),
    only = find(".class"),
    brought = find(".brought"),
    file = find(".file");
  const plots = new ClinicPlots(element, root, find);
  const runs = new LongRun(find, element, {
    at: "clinic.at",
    atLeft: "clinic.at_left",
    onRest: () => {
      write(go, say("clinic.go"));
      enable();
    },
  });
  /** What was brought, for which network. @type {{ files: File[], count: number, pixels: string, of: string }} */
  const own = { files: [], count: 0, pixels: "", of: "" };
  /** @type {import("../protocol").ClinicTakes | null} */
  let takes = null;

  const narrow = matchMedia(NARROW);
  find("details").open = !narrow.matches;
  const names = start.names.includes(settings.checkpoint) ? start.names : [settings.checkpoint, ...start.names];
  first.append(...names.map((name) => new Option(name, name)));
  first.value = settings.checkpoint;
  second.append(new Option(say("clinic.no_second"), ""), ...names.map((name) => new Option(name, name)));
  pictures.append(new Option(say("clinic.digits"), "digits"), new Option(say("clinic.own"), "own"));
  find(".choose").textContent = say("clinic.files", { most: start.most });
  const isOwn = () => pictures.value === "own";

  // The classes: the digits', or the network's.
  function classes() {
    const all = isOwn() ? takes?.classes || [] : Array.from({ length: start.digits }, (_, i) => String(i));
    const none = isOwn() ? say("clinic.no_class") : say("clinic.every_class");
    const of = all.map((name, i) => new Option(name, String(i)));
    only.replaceChildren(...(isOwn() && takes?.needs_class ? of : [new Option(none, ""), ...of]));
    only.disabled = only.length < 2;
  }

  // Pictures of one's own are brought to the size of the network that is chosen.
  async function bring() {
    find(".bring").hidden = !isOwn();
    const of = first.value;
    if (!isOwn()) {
      problem.textContent = "";
      return classes();
    }
    if (own.of !== of) {
      takes = null;
      const wanted = () => isOwn() && first.value === of && element.isConnected;
      const answer = await askInTurn(server.network_takes, { first: of }, { line: problem, wanted });
      if (!answer || answer.problem) return;
      takes = answer;
      own.of = of;
      classes();
    }
    if (!takes) return;
    const { width, height } = takes;
    Object.assign(own, await pixelsOf(own.files, { width, height }));
    const values = { count: own.count, width, height };
    const few = own.count < start.fewest ? "clinic.few_files" : "clinic.chosen";
    brought.textContent = say(own.files.length ? few : "clinic.no_files", values);
    enable();
  }
  const enable = () => {
    go.disabled = runs.isRunning || (isOwn() && own.count < start.fewest);
  };
  for (const select of [first, pictures])
    select.addEventListener("change", () => {
      classes();
      enable();
      bring();
    });
  find(".choose").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    own.files = [...file.files].slice(0, start.most);
    bring();
  });
  classes();

  function show(/** @type {import("../protocol").ClinicResult} */ { said, examined, figures }) {
    find(".results").hidden = false;
    find(".said").replaceChildren(...said.map((sentence) => make("li", "", ...typeset(sentence))));
    find(".examined").replaceChildren(
      ...examined.map(({ worst, verdict, cards, notes }) =>
        make(
          "div",
          "one",
          make("p", `verdict ${worst}`, verdict),
          make("ul", "notes", ...notes.map((note) => make("li", "", ...typeset(note)))),
          make("ol", "cards findings", ...cards.map((card) => cardOf(card, () => {}))),
        ),
      ),
    );
    find(".more").replaceChildren(
      ...examined.flatMap(({ more }) => more.map((note) => make("li", "", ...typeset(note)))),
    );
    plots.show(figures, examined.map(({ verdict }) => verdict).join(" "));
  }

  async function run() {
    write(go, say("clinic.running"));
    const mine = isOwn()
      ? { count: own.count, pixels: own.pixels, label: only.value === "" ? null : +only.value }
      : null;
    const asked = { first: first.value, second: second.value, only: isOwn() ? "" : only.value, own: mine };
    const answer = await runs.ask(server.consult, asked);
    if (answer) show(answer);
  }
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!runs.isRunning) run();
  });
}
