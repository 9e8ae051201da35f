// What is kept of an experiment: on the wall below, as a command, as numbers.
import { save } from "../draw/paper.js";
import { Bus } from "../page/bus.js";
import { makeButton } from "../page/dom.js";
import { writeAddress } from "../page/settings.js";
import { say } from "../page/words.js";

const MOST = 12,
  SIDE = 112,
  PLACE = "ddpm-wall";

/** @typedef {{ link: string, title: string, picture: string, when: number }} Kept */
/** @type {Bus<null>} */
export const walls = new Bus();

/** What hangs on the wall, the newest first; nothing where the browser keeps nothing. @returns {Kept[]} */
export const kept = () => {
  try {
    const all = JSON.parse(localStorage.getItem(PLACE) || "[]");
    return Array.isArray(all) ? all.slice(0, MOST) : [];
  } catch {
    return [];
  }
};

/** @param {Kept[]} all */
export const rehang = (all) => {
  try {
    localStorage.setItem(PLACE, JSON.stringify(all.slice(0, MOST)));
  } catch {
    return false;
  }
  walls.tell(null);
  return true;
};

/** A small picture of canvases side by side. @param {HTMLCanvasElement[]} canvases */
const miniature = (canvases) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE * canvases.length, height: SIDE }),
    pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  canvases.forEach((one, i) => pen.drawImage(one, i * SIDE, 0, SIDE, SIDE));
  return canvas.toDataURL("image/png");
};

/**
 * Puts the buttons into `box`; they work once `of` has something.
 * @param {HTMLElement} box
 * @param {() => null | { title: string, canvases: HTMLCanvasElement[], command: string, numbers?: unknown }} of
 * @param {boolean} hasCommand whether the command line has the same deed
 */
export const keepBar = (box, of, hasCommand = true) => {
  const said = document.createElement("span");
  said.className = "said";
  said.setAttribute("role", "status");
  const deeds = {
    keep: (/** @type {any} */ { title, canvases }) => {
      writeAddress();
      const one = { link: location.search, title, picture: miniature(canvases.slice(0, 4)), when: Date.now() };
      return say(rehang([one, ...kept()]) ? "keeping.hung" : "keeping.full");
    },
    command: async (/** @type {any} */ { command }) => {
      await navigator.clipboard.writeText(command);
      return say("keeping.copied");
    },
    numbers: async (/** @type {any} */ { numbers, title }) => {
      const blob = new Blob([JSON.stringify(numbers, null, 1)], { type: "application/json" });
      save(`${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.json`, blob);
      return "";
    },
  };
  for (const [name, deed] of Object.entries(deeds)) {
    if (name === "command" && !hasCommand) continue;
    const button = makeButton("", say(`keeping.${name}`));
    button.addEventListener("click", async () => {
      const what = of();
      if (!what) return void (said.textContent = say("keeping.nothing"));
      try {
        said.textContent = await deed(what);
      } catch {
        said.textContent = say("keeping.refused");
      }
    });
    box.append(button);
  }
  box.append(said);
};
