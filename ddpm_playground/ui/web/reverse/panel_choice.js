// Which of the five panels this reader sees, kept by the browser.
const KEY = "ddpm.player.shown";

/**
 * @param {import("./panels.js").Panels} panels
 * @param {HTMLElement[]} chips a button for each panel that can be hidden
 * @param {() => void} redraw
 */
export const choosePanels = (panels, chips, redraw) => {
  const kept = storedPanels();
  for (const chip of chips) {
    const panel = panels.by[chip.dataset.toggle];
    const show = (/** @type {boolean} */ on) => {
      panel.figure.hidden = !on;
      chip.setAttribute("aria-pressed", String(on));
      panels.box.dataset.count = panels.all.filter((one) => one.shown).length;
    };
    show(kept.includes(panel.key));
    chip.addEventListener("click", () => {
      show(!panel.shown);
      storePanels(panels.all.filter((one) => one.shown).map((one) => one.key));
      redraw();
    });
  }
};

// Storage may be shut; the choice then lasts as long as the page.
const storedPanels = () => {
  try {
    return (localStorage.getItem(KEY) || "").split(",");
  } catch {
    return [];
  }
};
const storePanels = (/** @type {string[]} */ keys) => {
  try {
    localStorage.setItem(KEY, keys.join(","));
  } catch {
    // As above.
  }
};
