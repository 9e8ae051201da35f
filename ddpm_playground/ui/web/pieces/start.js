// What makes pieces of the page presentable and savable: the key P, a button in the header, a menu on each card.
import { make } from "../page/dom.js";
import { say } from "../page/words.js";
import { anyCard, cardsNow } from "./piece.js";
import { dressCards } from "./saving.js";
import { isOpen, present } from "./stage.js";

/** @type {HTMLElement | null} The card that was touched last. */
let touched = null;
const touch = (/** @type {Event} */ { target }) => {
  touched = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest?.(anyCard)) || touched;
};
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable=true]";

const SCREEN =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="3" y="4" width="18" height="12" rx="1.5" />' +
  '<path d="M12 16v4M8 20.5h8" /></svg>';

/** @param {HTMLElement} header */
export const start = (header) => {
  document.addEventListener("pointerdown", touch, true);
  document.addEventListener("focusin", touch, true);
  document.addEventListener("keydown", (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (!/^p$/i.test(key) || ctrlKey || metaKey || altKey || event.defaultPrevented || isOpen()) return;
    if (/** @type {Element} */ (target).closest?.(TYPED)) return;
    event.preventDefault();
    present(touched);
  });
  const button = make("button", "ddpm-present");
  Object.assign(button, { type: "button", title: say("pieces.present_hint"), innerHTML: SCREEN });
  button.setAttribute("aria-label", say("pieces.present"));
  button.setAttribute("aria-keyshortcuts", "P");
  button.addEventListener("click", () => present(touched));
  (header.querySelector(".ddpm-side") || header).append(button);
  dressCards(cardsNow);
};
