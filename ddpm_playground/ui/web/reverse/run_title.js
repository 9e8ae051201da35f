// What a run is called on the files that the browser makes of it: what made it, in one line.
import { number } from "../core/number.js";
import { say } from "../page/words.js";

/**
 * One line such as "mnist · class 7 · DDIM · S = 50 · W = 2 · seed 0"; "" where that is not known.
 * @param {{ settings?: import("../protocol").RunSettings }} about the run's opening
 */
export const runTitle = ({ settings }) => {
  if (!settings) return "";
  const { checkpoint, label, sampler, options = "", steps, guidance, seed } = settings,
    words = new Map([
      ["", ""],
      ["all", say("player.title_all")],
      ["none", say("player.title_none")],
    ]);
  return [
    checkpoint,
    words.get(label) ?? say("player.title_class", { label }),
    say(`reverse.sampler_${sampler}`),
    `S = ${steps}`,
    options,
    label && label !== "none" ? `W = ${number(guidance, 4)}` : "",
    say("player.title_seed", { seed }),
  ]
    .filter(Boolean)
    .join(" · ");
};
