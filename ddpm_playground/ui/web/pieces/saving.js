// A small menu on each card that saves it, and one for the open chapter: each named by what it saves, and after the
// card's own controls.
import { fileOf, save } from "../draw/paper.js";
import { finder, make, makeButton } from "../page/dom.js";
import { say } from "../page/words.js";
import { titleOf } from "./piece.js";
import { chapterSheet, fileName, sheetOf } from "./sheets.js";
import { plainSubscripts } from "./wording.js";

const FORMATS = ["png", "svg"];
const AGAIN_MS = 700;

/** How a menu is called from now on. @type {WeakMap<Element, (name: string) => void>} */
const renaming = new WeakMap();

// The button and, once it is pressed, its choices; Escape, or leaving them, closes.
const menu = (/** @type {() => Promise<{ name: string, svg: string }>} */ drawn) => {
  const opener = makeButton("open", "⤓"),
    said = make("span", "said"),
    choices = make("span", "formats");
  const box = make("span", "saver", opener, choices, said),
    root = make("span", "ddpm-canvas ddpm-canvas-saving", box);
  opener.setAttribute("aria-expanded", "false");
  said.setAttribute("role", "status");
  choices.hidden = true;
  const close = () => {
    choices.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  };
  opener.addEventListener("click", () => {
    choices.hidden = !choices.hidden;
    opener.setAttribute("aria-expanded", String(!choices.hidden));
    if (!choices.hidden) /** @type {HTMLElement} */ (choices.firstElementChild).focus();
  });
  for (const format of FORMATS) {
    const button = choices.appendChild(makeButton("", format.toUpperCase()));
    button.dataset.format = format;
    button.addEventListener("click", async () => {
      said.textContent = say("pieces.drawing");
      try {
        const { name: title, svg } = await drawn();
        save(`${fileName(title)}.${format}`, await fileOf(svg, format));
        said.textContent = "";
      } catch (error) {
        said.textContent = say("pieces.failed", { reason: /** @type {Error} */ (error).message });
      }
      close();
      opener.focus({ preventScroll: true });
    });
  }
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || choices.hidden) return;
    event.stopPropagation();
    close();
    opener.focus();
  });
  root.addEventListener(
    "focusout",
    ({ relatedTarget }) => root.contains(/** @type {Node} */ (relatedTarget)) || close(),
  );
  let called = "";
  renaming.set(root, (name) => {
    if (name === called) return;
    called = opener.title = name;
    opener.setAttribute("aria-label", name);
    for (const one of finder(choices).all("button"))
      one.setAttribute("aria-label", say("pieces.save_as", { name, format: one.dataset.format.toUpperCase() }));
  });
  // A card that hears presses, as a player does, does not hear these.
  for (const heard of ["pointerdown", "click"]) root.addEventListener(heard, (event) => event.stopPropagation());
  return root;
};

// A menu at the end of a card, under this name; where the card has grown since, behind what is new.
const dressOne = (/** @type {HTMLElement} */ card, /** @type {string} */ name, drawn, className = "") => {
  let own = card.querySelector(":scope > .ddpm-canvas-saving");
  if (!own) {
    if (getComputedStyle(card).position === "static") card.style.position = "relative";
    own = menu(drawn);
    if (className) own.classList.add(className);
  }
  if (card.lastElementChild !== own && !own.contains(document.activeElement)) card.append(own);
  renaming.get(own)?.(name);
};

/** Gives every card that is seen its menu, now and whenever the page has changed. */
export const dressCards = (/** @type {() => HTMLElement[]} */ cardsNow) => {
  const dress = () => {
    /** @type {Map<string, number>} */
    const met = new Map();
    for (const card of cardsNow()) {
      const title = plainSubscripts(titleOf(card)),
        n = (met.get(title) || 0) + 1;
      met.set(title, n);
      const name = say("pieces.save_titled", { title: n > 1 ? `${title} (${n})` : title });
      dressOne(card, title ? name : say("pieces.save"), () => sheetOf(card));
    }
    const title = finder(document.body)(".theory article > h2");
    if (title?.getClientRects().length)
      dressOne(title.parentElement, say("pieces.save_chapter"), chapterSheet, "of-chapter");
  };
  let due = 0;
  const soon = () => {
    due = due || setTimeout(() => {
      due = 0;
      requestIdleCallback ? requestIdleCallback(dress, { timeout: 2000 }) : dress();
    }, AGAIN_MS);
  }; // prettier-ignore
  new MutationObserver(soon).observe(document.querySelector(".gradio-container") || document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["hidden", "aria-selected"],
  });
  soon();
};
