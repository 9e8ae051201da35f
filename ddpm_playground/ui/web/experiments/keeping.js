// What is kept of an experiment: on the wall below, as a command, as files.
import { fileOf, save, Sheet } from "../draw/paper.js";
import { Bus } from "../page/bus.js";
import { make, makeButton } from "../page/dom.js";
import { writeAddress } from "../page/settings.js";
import { say } from "../page/words.js";

const MOST = 12,
  SIDE = 112,
  CELL = 128,
  PLACE = "ddpm-wall";

/** @typedef {{ link: string, title: string, picture: string, when: number }} Kept */
/** @typedef {{ name: string, pictures: { canvas: HTMLCanvasElement, caption: string }[] }} Row */
/**
 * @typedef {object} What there is to keep
 * @property {string} title
 * @property {HTMLCanvasElement[]} canvases
 * @property {string} command
 * @property {unknown} [numbers]
 * @property {Row[]} [rows] what a strip shows
 * @property {boolean} [isStrip] whether it goes along an axis, and so can be filmed
 */
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
 * What a node says, with its subscripts as a sheet has them.
 * @param {Node} node
 * @returns {string}
 */
export const textOf = (node) =>
  node.nodeName === "SUB"
    ? `_{${node.textContent}}`
    : node.hasChildNodes()
      ? [...node.childNodes].map(textOf).join("")
      : node.nodeValue || "";

/**
 * Rows of pictures with their captions as one PNG.
 * @param {string} title
 * @param {Row[]} rows
 */
const stripOf = (title, rows) => {
  const most = Math.max(...rows.map(({ pictures }) => pictures.length)),
    font = getComputedStyle(document.body).fontFamily.replaceAll('"', "'"),
    look = { ground: "#ffffff", ink: "#181c24", muted: "#555b66", font },
    sheet = new Sheet(64 + most * CELL, look);
  sheet.text(title, 15, { weight: 600 });
  for (const { name, pictures } of rows) {
    sheet.space();
    sheet.text(name, 14);
    const drawn = pictures.map(({ canvas, caption }) => {
      const { width, height } = canvas;
      return { url: canvas.toDataURL("image/png"), width, height, above: [], under: [caption], isPixels: true };
    });
    sheet.pictures(drawn, CELL - 16, most);
  }
  return fileOf(sheet.svg(title), "png");
};

/** @param {string} title */
const fileName = (title) => title.slice(0, 60).replace(/[^\p{L}\p{N}]+/gu, "-");

/**
 * Puts the buttons into `box`; they work once `of` has something.
 * @param {HTMLElement} box
 * @param {() => null | What} of
 * @param {boolean} hasCommand whether the command line has the same deed
 * @param {Record<string, (what: What, said: (text: string) => void) => unknown>} more further files by their kind
 */
export const keepBar = (box, of, hasCommand = true, more = {}) => {
  const said = make("span", "said");
  said.setAttribute("role", "status");
  /** @type {Record<string, (what: What, said: (text: string) => void) => unknown>} */
  const deeds = {
    keep: ({ title, canvases }) => {
      writeAddress();
      const one = { link: location.search, title, picture: miniature(canvases.slice(0, 4)), when: Date.now() };
      return say(rehang([one, ...kept()]) ? "keeping.hung" : "keeping.full");
    },
    ...(hasCommand && {
      command: async ({ command }) => {
        await navigator.clipboard.writeText(command);
        return say("keeping.copied");
      },
    }),
  };
  /** @type {typeof deeds} */
  const files = {
    json: ({ numbers, title }) => {
      if (!numbers) return say("keeping.unfinished");
      const blob = new Blob([JSON.stringify(numbers, null, 1)], { type: "application/json" });
      save(`${fileName(title)}.json`, blob);
      return "";
    },
    png: async ({ title, rows }) => {
      save(`${fileName(title)}.png`, await stripOf(title, rows || []));
      return "";
    },
    ...more,
  };
  /** @param {string} name @param {string} told @param {(typeof deeds)[string]} deed */
  const press = (name, told, deed) => {
    const button = makeButton("", told);
    button.dataset.keep = name;
    button.addEventListener("click", async () => {
      const what = of();
      if (!what) return void (said.textContent = say("keeping.nothing"));
      button.disabled = true;
      try {
        said.textContent = String((await deed(what, (text) => (said.textContent = text))) || "");
      } catch {
        said.textContent = say("keeping.refused");
      }
      button.disabled = false;
    });
    return button;
  };
  box.append(
    ...Object.entries(deeds).map(([name, deed]) => press(name, say(`keeping.${name}`), deed)),
    make(
      "span",
      "files",
      make("span", "", say("keeping.save_as")),
      ...Object.entries(files).map(([name, deed]) => press(name, say(`keeping.file_${name}`), deed)),
    ),
    said,
  );
};
