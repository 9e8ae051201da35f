// What the colours of the plane and of the loss mean.
import { swatch } from "../draw/schedule_key.js";
import { make } from "../page/dom.js";
import { say } from "../page/words.js";

const PLANE = [
  ["key_data", "--sym-x-0"],
  ["key_samples", "--sym-x-hat-0"],
  ["key_learned", "--sym-eps"],
  ["key_exact", "--muted"],
];
const LOSS = [
  ["key_raw", "--muted"],
  ["key_smooth", "--sym-eps"],
  ["key_held", "--sym-x-t", "solid", "planar"],
  ["key_exact_train", "--sym-eps", "dash", "planar"],
  ["key_exact_held", "--sym-x-t", "dash", "planar"],
];

export const planeKeys = () =>
  PLANE.map(([key, css]) => {
    const dot = make("i");
    dot.style.setProperty("--c", `var(${css})`);
    return make("span", "", dot, say(`train.${key}`));
  });

export const lossKeys = () =>
  LOSS.map(([key, css, dash = "solid", kind = ""]) => make("span", kind, swatch(css, dash), say(`train.${key}`)));
