// Name, the three colours that mean the same everywhere, the two languages, and light or dark; and what holds for the
// whole page: its tabs by the keyboard, its sliders under a thumb.
import { opened } from "../page/dom.js";
import { writeAddress } from "../page/settings.js";
import { followClamps } from "../page/clamps.js";
import { followSwipes } from "../page/swipe.js";
import { followTabs, skipTabs } from "../page/tabs.js";
import { say } from "../page/words.js";

const GROUNDS = ["system", "light", "dark"];

/** @param {Component} component */
export function mount({ element }) {
  const { find } = opened(element, ".ddpm-header");
  for (const button of find.all("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === window.ddpm.language));
    button.addEventListener("click", () => {
      writeAddress();
      window.ddpm.speak(button.dataset.language);
    });
  }
  const ground = find(".ddpm-ground");
  const name = () => {
    const chosen = window.ddpm.ground();
    ground.dataset.ground = chosen;
    ground.title = `${say("app.ground")}: ${say(`app.ground_${chosen}`)}`;
    ground.setAttribute("aria-label", ground.title);
  };
  ground.addEventListener("click", () => {
    const at = GROUNDS.indexOf(window.ddpm.ground());
    window.ddpm.ground(GROUNDS[(at + 1) % GROUNDS.length]);
    name();
  });
  name();
  find(".ddpm-skip").addEventListener("click", skipTabs);
  followTabs();
  followSwipes();
  followClamps();

  // Presenting and saving come once the page is at rest.
  const begin = () => {
    window.ddpm.preload("pieces");
    return import("../pieces/start.js").then(({ start }) => start(element));
  };
  if (window.requestIdleCallback) requestIdleCallback(begin, { timeout: 3000 });
  else setTimeout(begin, 1000);
}
