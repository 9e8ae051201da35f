// Which data a run is trained on, and what stands on the page for each.
import { makeButton, write } from "../page/dom.js";
import { say } from "../page/words.js";
import { planeKeys } from "./keys.js";

const NOTES = { drawn: "train.draw_here", digits: "train.digits_note", own: "train.own_note" };

/**
 * A button for each.
 * @param {Element} place
 * @param {ReadonlyArray<string>} names
 * @param {(name: string) => void} choose
 */
export const offerData = (place, names, choose) => {
  for (const name of names) {
    const button = place.appendChild(makeButton("", say(`train.data_${name}`)));
    button.dataset.data = name;
    button.addEventListener("click", () => choose(name));
  }
};

/** What is chosen, and a plane or a sheet for it. */
export const dressFor = (root, find, name) => {
  for (const button of find(".data").querySelectorAll("button"))
    button.setAttribute("aria-pressed", button.dataset.data === name);
  root.classList.toggle("digits", name === "digits");
  root.classList.toggle("drawing", name === "drawn" || name === "own");
  find(".own").hidden = name !== "own";
  find(".field canvas").hidden = name === "digits";
  find(".sheet").hidden = true;
  write(find(".what"), say(name === "digits" ? "train.sheet" : "train.plane"));
  write(find(".plane .note"), say(NOTES[name] || "train.plane_note"));
  find(".plane .keys").replaceChildren(...(name === "digits" ? [] : planeKeys()));
};
