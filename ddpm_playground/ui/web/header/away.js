// Says for as long as the server does not answer that it does not, in the reader's language and out of everybody's way.
import { onReach } from "../page/reach.js";
import { say } from "../page/words.js";

// What Gradio puts over the page's buttons then, in English alone.
const GRADIOS = "Connection to the server was lost";
const closeGradios = () => {
  for (const text of document.querySelectorAll("[data-testid=toast-text]"))
    if (text.textContent?.includes(GRADIOS))
      text
        .closest(".toast-body")
        ?.querySelector(/** @type {"button"} */ (".toast-close"))
        ?.click();
};

/**
 * @param {Element} element
 * @param {HTMLElement} line
 */
export const tellAway = (element, line) => {
  const observer = new MutationObserver(closeGradios);
  onReach(element, (isReached) => {
    line.textContent = isReached ? "" : say("app.away");
    if (isReached) return void observer.disconnect();
    observer.observe(document.body, { childList: true, subtree: true });
    closeGradios();
  });
};
