// The network samples under the schedule of the lab and under its own, from the same noises.
const root = element.querySelector(".trial"), find = (selector) => root.querySelector(selector);
const go = find(".go"), problem = find(".problem"), rows = find(".rows"), because = find(".because");
let lab = null;
fillWords(root);
go.disabled = true;
onLab((state) => {
  lab = state;
  go.disabled = false;
  rows.replaceChildren();
  because.textContent = problem.textContent = "";
});

function row({ image, title, told }) {
  const picture = document.createElement("img");
  picture.src = image;
  picture.alt = `${title}: ${told}`;
  return make("figure", "", make("figcaption", "", title, " ", make("span", "", told)), picture);
}

go.addEventListener("click", async () => {
  const mine = lab;
  go.disabled = true;
  go.textContent = say("trial.running");
  problem.textContent = "";
  let said;
  try {
    said = await server.run_trial({ betas: mine.betas, config: mine.config, steps: mine.steps, checkpoint: window.ddpmRecipe.checkpoint, seed: window.ddpmRecipe.seed });
  } catch {
    said = { problem: say("lab.unreachable") };
  }
  go.disabled = false;
  go.textContent = say("trial.go");
  if (mine !== lab || !element.isConnected) return;
  problem.textContent = said.problem || "";
  if (said.problem) return;
  rows.replaceChildren(...said.rows.map((one, i) => row({ ...one, title: i ? say("trial.own") : mine.name })));
  const predicted = mine.findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);
  because.textContent = say(predicted.length ? "trial.because" : "trial.healthy", { codes: predicted.join(", ") });
});
