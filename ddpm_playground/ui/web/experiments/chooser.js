// Which card of the tab is open: the others are folded, and begin to work once they are opened.
import { makeButton, opened } from "../page/dom.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";

// Each card, and the setting that says that a link is about it; the first is open where none does.
const CARDS = /** @type {const} */ ({
  compare: "columns",
  branch: "branch",
  own_picture: "own_picture",
  nearest: "nearest",
});

/** @param {Component} component */
export function mount({ element }) {
  const { root } = opened(element, ".chooser");
  const names = /** @type {(keyof typeof CARDS)[]} */ (Object.keys(CARDS));
  const buttons = names.map((name) => {
    const button = makeButton("", say(`experiments.card_${name}`));
    button.setAttribute("aria-controls", `experiments-${name}`);
    button.addEventListener("click", () => {
      open(name);
      remember("experiment", name, element);
    });
    return button;
  });
  root.append(...buttons);

  function open(/** @type {string} */ chosen) {
    names.forEach((name, i) => {
      buttons[i].setAttribute("aria-expanded", String(name === chosen));
      buttons[i].setAttribute("aria-pressed", String(name === chosen));
      const card = document.getElementById(`experiments-${name}`);
      if (card) card.toggleAttribute("data-open", name === chosen);
    });
  }

  onSettings(element, ["experiment"], () => {
    const asked = names.find((name) => name === settings.experiment),
      set = names.find((name) => String(settings[CARDS[name]] || ""));
    open(asked || set || names[0]);
  });
}
