// The row of tabs, as a keyboard uses it: one stop for all, arrows between them, and a way past them.

/** @returns {HTMLElement[]} */
const tabs = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#ddpm-tabs [role=tab]"))];

/** Brings a tab to the front, and its beginning into view. @param {string} name */
export const openTab = (name) => {
  const tab = document.getElementById(`tab-${name}-button`);
  if (!tab) return;
  tab.click();
  tab.focus({ preventScroll: true });
  scrollTo({ top: 0 });
};

/** Only the tab in front is a stop; it stands in the middle of a row that is too long. */
const rove = () => {
  for (const tab of tabs()) {
    const isFront = tab.getAttribute("aria-selected") === "true";
    tab.tabIndex = isFront ? 0 : -1;
    const row = tab.parentElement;
    if (isFront && row) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
};

/** @param {KeyboardEvent} event */
const move = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const all = tabs(),
    at = all.indexOf(/** @type {HTMLElement} */ (event.target)),
    last = all.length - 1;
  const to = { ArrowLeft: at > 0 ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  all[to].click();
  all[to].focus({ preventScroll: true });
};

/** Past the tabs: to what stands in the one in front. @param {Event} event */
export const skipTabs = (event) => {
  event.preventDefault();
  const panel = tabs()
    .filter((tab) => tab.getAttribute("aria-selected") === "true")
    .map((tab) => document.getElementById(tab.getAttribute("aria-controls") || ""))[0];
  if (!panel) return;
  panel.tabIndex = -1;
  panel.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "start" });
};

/** From now on, and once Gradio has built them. */
export const followTabs = () => {
  const row = document.querySelector("#ddpm-tabs [role=tablist]");
  if (!row) return void requestAnimationFrame(followTabs);
  row.addEventListener("keydown", (event) => move(/** @type {KeyboardEvent} */ (event)));
  new MutationObserver(rove).observe(row, { subtree: true, childList: true, attributeFilter: ["aria-selected"] });
  rove();
};
