// Name, the three colours that mean the same everywhere, the two languages, and light or dark; and what holds for the
// whole page: its tabs by the keyboard, its sliders under a thumb.
import { opened } from "../page/dom.js";
import { writeAddress } from "../page/settings.js";
import { followClamps } from "../page/clamps.js";
import { followDropdowns } from "../page/dropdowns.js";
import { atRest } from "../page/mounting.js";
import { followReach } from "../page/reach.js";
import { followSwipes } from "../page/swipe.js";
import { followTabs, skipTabs } from "../page/tabs.js";
import { say } from "../page/words.js";
import { tellAway } from "./away.js";
import { isSystemDark, nextGround } from "./ground.js";

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
    window.ddpm.ground(nextGround(window.ddpm.ground(), isSystemDark()));
    name();
  });
  name();
  find(".ddpm-skip").addEventListener("click", skipTabs);
  followTabs();
  followSwipes();
  followClamps();
  followDropdowns();
  followReach();
  tellAway(element, find(".ddpm-away"));

  // Presenting and saving come once the page is at rest.
  atRest().then(() => {
    window.ddpm.preload("pieces");
    return import("../pieces/start.js").then(({ start }) => start(element));
  });
}
