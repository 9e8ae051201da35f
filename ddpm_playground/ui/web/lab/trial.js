// The network samples under the schedule of the lab and under its own, from the same noises.
import { make, opened, typeset } from "../page/dom.js";
import { LongRun } from "../page/long_run.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { onLab } from "./state.js";

/** @param {Component} component */
export function mount({ element, server }) {
  const { find } = opened(element, ".trial");
  const go = find(".go"),
    problem = find(".problem"),
    rows = find(".rows"),
    because = find(".because"),
    offer = find(".offer");
  let lab = null,
    offered = null,
    // Puts back what the button that was pressed says.
    wording = () => {};
  const runs = new LongRun(find, element, {
    at: "trial.at",
    atLeft: "trial.at_left",
    onRest: () => {
      offer.disabled = false;
      wording();
      wording = () => {};
    },
  });
  go.disabled = true;
  onLab(element, (state) => {
    lab = state;
    runs.end();
    rows.replaceChildren();
    because.replaceChildren();
    offer.hidden = true;
  });

  function row({ image, title, told }) {
    const caption = make("figcaption", "", title, " ", make("span", "", told));
    if (!image) return make("figure", "card stopped", caption);
    return make("figure", "card", caption, Object.assign(make("img"), { src: image, alt: `${title}: ${told}` }));
  }

  // The number of steps at which the worst finding is, where it is of one; else the largest that was asked for.
  const stepsOf = ({ findings, steps }) => {
    const found = findings.find(({ severity, steps: at }) => severity !== "note" && at);
    return found ? String(found.steps) : steps;
  };

  async function run(button, change) {
    const mine = lab,
      label = button.textContent;
    offer.disabled = true;
    wording = () => {
      button.textContent = label;
    };
    button.textContent = say("trial.running");
    problem.textContent = "";
    const { betas, config, trained, findings } = mine,
      { checkpoint, seed } = settings;
    const codes = findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
    const asked = { betas, config, trained, steps: stepsOf(mine), codes, change, checkpoint, seed };
    const answer = await runs.ask(server.run_trial, asked);
    if (!answer) return;
    rows.replaceChildren(...answer.rows.map((one, i) => row({ ...one, title: i ? say("trial.own") : mine.name })));
    because.replaceChildren(...answer.said.map((sentence) => make("li", "", ...typeset(sentence))));
    offered = answer.offer && { ...change, ...answer.offer.change };
    offer.hidden = !offered;
    if (offered) offer.textContent = answer.offer.told;
  }
  go.addEventListener("click", () => run(go, {}));
  offer.addEventListener("click", () => run(offer, offered));
}
