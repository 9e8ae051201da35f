// Gradio takes the focus away from a dropdown once something is chosen by the keyboard; here it comes back, so that the
// next key goes on from there. Its open list, where it scrolls, takes the focus of Tab and vanishes with it; here Tab
// goes on to what comes after the dropdown.

/** @param {EventTarget | null} target @returns {target is HTMLInputElement} */
const isDropdown = (target) => target instanceof HTMLInputElement && target.getAttribute("role") === "combobox";

/** From now on, for every dropdown of the page. */
export const followDropdowns = () =>
  addEventListener("keydown", ({ key, target }) => {
    if (!isDropdown(target)) return;
    if (key === "Tab")
      document.getElementById(target.getAttribute("aria-controls") || "")?.setAttribute("tabindex", "-1");
    if (key !== "Enter") return;
    setTimeout(() => {
      if (document.activeElement !== document.body || !target.isConnected) return;
      target.focus({ preventScroll: true });
      // Focus alone opens its list again.
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    });
  });
