// A small menu on each card that saves it, and one for the open chapter.
import { fileOf, save } from "../draw/paper.js";
import { finder, make, makeButton } from "../page/dom.js";
import { say } from "../page/words.js";
import { chapterSheet, fileName, sheetOf } from "./sheets.js";

const FORMATS = ["png", "svg"];
const AGAIN_MS = 700;

// The button and, once it is pressed, its choices; Escape, or leaving them, closes.
const menu = (/** @type {string} */ name, /** @type {() => Promise<{ name: string, svg: string }>} */ drawn) => {
  const opener = makeButton("open", "⤓"),
    said = make("span", "said"),
    choices = make("span", "formats");
  const box = make("span", "saver", opener, choices, said),
    root = make("span", "ddpm-canvas ddpm-canvas-saving", box);
  opener.title = name;
  opener.setAttribute("aria-label", name);
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
    button.setAttribute("aria-label", say("pieces.save_as", { name, format: format.toUpperCase() }));
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
  // A card that hears presses, as a player does, does not hear these.
  for (const heard of ["pointerdown", "click"]) root.addEventListener(heard, (event) => event.stopPropagation());
  return root;
};

/** Gives every card that is seen its menu, now and whenever the page has changed. */
export const dressCards = (/** @type {() => HTMLElement[]} */ cardsNow) => {
  const dress = () => {
    for (const card of cardsNow()) {
      if (card.querySelector(":scope > .ddpm-canvas-saving")) continue;
      if (getComputedStyle(card).position === "static") card.style.position = "relative";
      card.append(menu(say("pieces.save"), () => sheetOf(card)));
    }
    const title = finder(document.body)(".theory article > h2");
    if (title && title.getClientRects().length && !title.parentElement.querySelector(":scope > .of-chapter")) {
      const whole = menu(say("pieces.save_chapter"), chapterSheet);
      whole.classList.add("of-chapter");
      title.parentElement.style.position = "relative";
      title.after(whole);
    }
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
