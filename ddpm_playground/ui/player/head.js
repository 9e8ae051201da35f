// Every setting as it stands; "ddpm:recipe" on window tells which one has changed. The address holds those that differ
// from their defaults; a quick drag writes it at most 4 times a second.
window.ddpmRecipe = { ...window.ddpmDefaults };
window.ddpmRemember = (() => {
  let waiting = null;
  const wanted = new Map();
  const write = () => {
    waiting = null;
    const url = new URL(location.href);
    for (const [key, value] of wanted) {
      if (value === null || value === undefined || String(value) === String(window.ddpmDefaults[key])) url.searchParams.delete(key);
      else url.searchParams.set(key, value);
    }
    wanted.clear();
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  };
  const rememberSetting = (key, value) => {
    if (window.ddpmRecipe[key] !== value) {
      window.ddpmRecipe[key] = value;
      // Until all of them are there, one alone says nothing.
      if (window.ddpmIsRestored) window.dispatchEvent(new CustomEvent("ddpm:recipe", { detail: { key } }));
    }
    wanted.set(key, value);
    if (waiting === null) waiting = setTimeout(write, 250);
  };
  return Object.assign(rememberSetting, { now: write });
})();
// The tab that the address names is in front from the first paint on: Gradio reads its page from gradio_config.
{
  const name = new URLSearchParams(location.search).get("tab"), parts = (window.gradio_config || {}).components || [];
  const tabs = parts.find(({ props }) => props && props.elem_id === "ddpm-tabs");
  if (tabs && parts.some(({ props }) => props && props.elem_id === `tab-${name}`)) tabs.props.selected = name;
}
// The address's settings are in the widgets: these.
window.ddpmRestored = (keys, values) => {
  keys.forEach((key, i) => { window.ddpmRecipe[key] = values[i]; });
  window.ddpmIsRestored = true;
  window.dispatchEvent(new Event("ddpm:restored"));
};
// Fulfilled when the Reverse tab has been in front long enough: a link with settings shows its picture at once,
// otherwise the recorded run plays first, and is left alone by a reader who has taken hold of it.
window.ddpmArrived = () => new Promise((done) => {
  const asked = [...new URLSearchParams(location.search).keys()].some((key) => key !== "tab" && key in window.ddpmDefaults);
  const look = () => {
    const player = document.getElementById("player");
    if (player && player.offsetParent) setTimeout(() => window.ddpmHeld || done(), asked ? 300 : 6000);
    else setTimeout(look, 250);
  };
  look();
});
