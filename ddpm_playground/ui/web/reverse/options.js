// The options of the chosen scheduler of diffusers: a form made of what its class says that it takes.
import { make, opened } from "../page/dom.js";
import { ask, Newest } from "../page/server.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { chosenText, optionsIn, optionsText } from "./option_text.js";

/** @typedef {import("./option_text.js").Option} Option */

/** A long name may go on in the next line after a "_". @param {string} key */
const breakable = (key) => key.split(/(?<=_)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));

/** @param {Component} component */
export function mount({ element, props, trigger, server }) {
  const { root: form, find } = opened(element, ".options"),
    root = /** @type {HTMLDetailsElement} */ (form);
  const without = new Set(JSON.parse(props.value).without),
    questions = new Newest(element),
    problem = find(".problem");
  /** @type {Map<string, string>} */
  let values = new Map();
  let asked = "",
    name = "";
  /** @type {Option[]} */
  let options = [];

  function keep() {
    remember("options", optionsText(values), element);
    trigger("chosen");
    tell();
  }

  function tell() {
    const text = [...values].map(([key, value]) => `${key}=${value}`).join(", ");
    find(".set").textContent = text && say("reverse.options_set", { options: text });
    find(".count").textContent = values.size ? `(${values.size})` : "";
    find(".foot").hidden = !values.size;
  }

  /** @param {Option} option */
  function box(option) {
    const { key, kind, usual, choices } = option,
      given = values.get(key);
    if (kind === "choice") {
      const select = make("select", "", ...choices.map((word) => new window.Option(word, word)));
      select.value = given ?? String(usual);
      return select;
    }
    const input = make("input");
    if (kind === "switch") {
      input.type = "checkbox";
      input.checked = (given ?? String(usual)) === "true";
      return input;
    }
    input.inputMode = kind === "whole" ? "numeric" : "decimal";
    input.autocomplete = "off";
    input.value = given ?? String(usual ?? "");
    input.placeholder = String(usual ?? say("reverse.options_unset"));
    return input;
  }

  /** @param {Option} option */
  function row(option) {
    const { key, kind, usual } = option,
      input = box(option),
      label = make("label", kind, make("span", "key", ...breakable(key)), input);
    label.dataset.key = key;
    const show = () => label.classList.toggle("changed", values.has(key));
    label.title = say("reverse.options_usual", { usual: usual ?? say("reverse.options_unset") });
    input.addEventListener("change", () => {
      const given = input instanceof HTMLInputElement && kind === "switch" ? input.checked : input.value,
        text = chosenText(option, given);
      problem.textContent = "";
      if (text === undefined) {
        const why = kind === "whole" ? "reverse.options_not_whole" : "reverse.options_not_a_number";
        problem.textContent = say(why, { key, got: String(given).slice(0, 40) });
        input.value = values.get(key) ?? String(usual ?? "");
        return;
      }
      if (text === null) values.delete(key);
      else values.set(key, text);
      if (kind !== "switch") input.value = text ?? String(usual ?? "");
      show();
      keep();
    });
    show();
    return label;
  }

  function draw() {
    find(".about").textContent = name
      ? say(options.length ? "reverse.options_info" : "reverse.options_none", { name })
      : "";
    find(".list").replaceChildren(...options.map(row));
    tell();
  }

  async function fetchForm() {
    const { sampler, checkpoint } = settings,
      question = `${sampler} ${checkpoint}`;
    if (question === asked) return draw();
    asked = question;
    [name, options] = ["", []];
    draw();
    const answer = await ask(() => server.sampler_options({ sampler, checkpoint }), {
      line: problem,
      wanted: questions.next(),
    });
    if (!answer) return;
    if (answer.problem) asked = "";
    else [name, options] = [answer.name, answer.options];
    draw();
  }

  /** @param {string | null} changed */
  function update(changed) {
    const { sampler, checkpoint } = settings;
    // A sampler that the reader has just chosen starts as it is; a folder's own is another one in another folder.
    if (settings.options && (changed === "sampler" || (changed === "checkpoint" && sampler === "own"))) {
      values = new Map();
      keep();
    }
    values = optionsIn(settings.options || "");
    root.hidden = without.has(sampler);
    tell();
    if (root.hidden) return;
    problem.textContent = "";
    if (root.open || asked === `${sampler} ${checkpoint}`) fetchForm();
  }

  root.addEventListener("toggle", () => root.open && fetchForm());
  find(".reset").addEventListener("click", () => {
    values = new Map();
    keep();
    draw();
    find("summary").focus();
  });
  onSettings(element, ["sampler", "checkpoint", "options"], update);
  root.hidden = root.hidden || without.has(settings.sampler);
}
