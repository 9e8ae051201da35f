// What sampling really visits, as the server measured it on the scheduler that diffusers builds: a curve of its own
// beside the training's.
import { colourOf } from "../draw/plots.js";
import { say } from "../page/words.js";

const SAMPLED = { log_snr: (level) => level, alpha_bar: (level) => 1 / (1 + Math.exp(-level)) };
export function samplingTrace(root, key, { sampling, T }, like) {
  const of = SAMPLED[key];
  if (!sampling || !of || !like) return [];
  const seen = sampling.log_snr
    .map((level, i) => [sampling.t[i], level === null ? null : of(level)])
    .filter(([, y]) => y !== null);
  const name = say("lab.sampling_curve", { steps: sampling.steps, name: sampling.class });
  const colour = colourOf(root, "--series-4");
  return [
    {
      ...like,
      x: seen.map(([t]) => Math.min(T, Math.max(0, t))),
      y: seen.map(([, y]) => y),
      name,
      mode: "lines+markers",
      opacity: 1,
      meta: { table: key, sampling: true },
      marker: { size: 5, color: colour, symbol: "circle-open" },
      line: { dash: "dot", width: 1, color: colour },
    },
  ];
}
