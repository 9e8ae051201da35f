// The network samples under the schedule of the lab and under its own, from the same noises.
import { make, opened, typeset } from "../page/dom.js";
import { askInTurn } from "../page/server.js";
import { settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { progressIn } from "./progress.js";
import { onLab } from "./state.js";

/** @param {Component} component */
export function mount({ element, server }) {
  const { find } = opened(element, ".trial");
  const go = find(".go"),
    cancel = find(".cancel"),
    progress = find(".progress"),
    problem = find(".problem"),
    rows = find(".rows"),
    because = find(".because"),
    offer = find(".offer");
  let lab = null,
    offered = null,
    cancelled = false;
  go.disabled = true;
  onLab(element, (state) => {
    lab = state;
    go.disabled = false;
    rows.replaceChildren();
    because.replaceChildren();
    problem.textContent = "";
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
    go.disabled = offer.disabled = true;
    button.textContent = say("trial.running");
    problem.textContent = "";
    cancelled = cancel.hidden = false;
    const { betas, config, trained, findings } = mine,
      { checkpoint, seed } = settings;
    const codes = findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
    const asked = { betas, config, trained, steps: stepsOf(mine), codes, change, checkpoint, seed };
    const wanted = () => mine === lab && element.isConnected && !cancelled;
    const answer = await askInTurn(server.run_trial, asked, {
      line: problem,
      wanted,
      onProgress: progressIn(progress, "trial.at", "trial.at_left"),
    });
    cancel.hidden = progress.hidden = true;
    if (cancelled) problem.textContent = "";
    go.disabled = offer.disabled = false;
    button.textContent = label;
    if (!answer || answer.problem) return;
    rows.replaceChildren(...answer.rows.map((one, i) => row({ ...one, title: i ? say("trial.own") : mine.name })));
    because.replaceChildren(...answer.said.map((sentence) => make("li", "", ...typeset(sentence))));
    offered = answer.offer && { ...change, ...answer.offer.change };
    offer.hidden = !offered;
    if (offered) offer.textContent = answer.offer.told;
  }
  go.addEventListener("click", () => run(go, {}));
  cancel.addEventListener("click", () => {
    cancelled = cancel.hidden = true;
  });
  offer.addEventListener("click", () => run(offer, offered));
}
