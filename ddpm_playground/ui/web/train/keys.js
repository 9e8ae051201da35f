// What the colours of the plane and of the loss mean.
import { swatch } from "../draw/schedule_key.js";
import { make, write } from "../page/dom.js";
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
];

const planeKeys = () =>
  PLANE.map(([key, css]) => {
    const dot = make("i");
    dot.style.setProperty("--c", `var(${css})`);
    return make("span", "", dot, say(`train.${key}`));
  });

export const lossKeys = () => LOSS.map(([key, css]) => make("span", "", swatch(css, "solid"), say(`train.${key}`)));

/** What the plane shows of this data, and what its colours mean. */
export const labelPlane = (find, name) => {
  const isDigits = name === "digits";
  write(find(".what"), say(isDigits ? "train.sheet" : "train.plane"));
  write(
    find(".plane .note"),
    say(name === "drawn" ? "train.draw_here" : isDigits ? "train.digits_note" : "train.plane_note"),
  );
  find(".plane .keys").replaceChildren(...(isDigits ? [] : planeKeys()));
};
