// Gradio takes the focus away from a dropdown once something is chosen by the keyboard; here it comes back, so that the
// next key goes on from there.

/** @param {EventTarget | null} target @returns {target is HTMLInputElement} */
const isDropdown = (target) => target instanceof HTMLInputElement && target.getAttribute("role") === "combobox";

/** From now on, for every dropdown of the page. */
export const followDropdowns = () =>
  addEventListener("keydown", ({ key, target }) => {
    if (key !== "Enter" || !isDropdown(target)) return;
    setTimeout(() => {
      if (document.activeElement !== document.body || !target.isConnected) return;
      target.focus({ preventScroll: true });
      // Focus alone opens its list again.
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
  });
