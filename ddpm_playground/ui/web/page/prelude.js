// A script, not a module: it runs in the page's head before Gradio's own scripts, after `window.ddpm = {…}` with what
// Python knows. The page's language: "lang" in the address, else what this reader chose last, else the browser's own.
// Gradio follows navigator.language; the server follows the address, which therefore tells where the browser would not.
{
  const config = window.gradio_config || {},
    tables = config.i18n_translations || {},
    languages = Object.keys(tables);
  const natural = /^zh(-|$)/i.test((navigator.languages || [])[0] || navigator.language || "") ? "zh-TW" : "en";
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const query = new URLSearchParams(location.search),
    asked = query.get("lang");
  const language = [asked, kept("ddpm-lang"), natural].find((one) => languages.includes(one)) || "en";
  const address = (chosen) => {
    const url = new URL(location.href);
    if (chosen === natural) url.searchParams.delete("lang");
    else url.searchParams.set("lang", chosen);
    return url;
  };
  if (asked !== language && address(language).href !== location.href)
    history.replaceState(history.state, "", address(language));
  for (const [name, value] of [
    ["language", language],
    ["languages", Object.freeze([language])],
  ])
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  document.documentElement.lang = language;
  const title = (tables[language] || {})["app.title"];
  if (title) config.title = document.title = title;

  // The tab that the address names is in front from the first paint on: Gradio reads its page from gradio_config.
  const name = query.get("tab"),
    parts = config.components || [];
  const tabs = parts.find(({ props }) => props && props.elem_id === "ddpm-tabs");
  if (tabs && parts.some(({ props }) => props && props.elem_id === `tab-${name}`)) tabs.props.selected = name;

  // The same page with all its settings, in another language.
  const speak = (chosen) => {
    if (chosen === language) return;
    try {
      localStorage.setItem("ddpm-lang", chosen);
    } catch {
      // Then the address alone remembers it.
    }
    const url = address(chosen);
    if (kept("ddpm-lang") !== chosen) url.searchParams.set("lang", chosen);
    history.replaceState(history.state, "", url);
    location.reload();
  };

  // Light or dark as this reader chose, else as the system has it: Gradio and our canvases ask matchMedia.
  const DARK = "(prefers-color-scheme: dark)",
    media = window.matchMedia.bind(window),
    grounds = { light: false, dark: true };
  let chosen = kept("ddpm-ground");
  window.matchMedia = (asked) => {
    const list = media(asked);
    if (asked !== DARK) return list;
    const [on, off] = ["addEventListener", "removeEventListener"].map((name) => list[name].bind(list));
    return { media: asked, matches: grounds[chosen] ?? list.matches, addEventListener: on, removeEventListener: off };
  };
  const ground = (wanted) => {
    if (wanted === undefined) return chosen in grounds ? chosen : "system";
    chosen = wanted;
    try {
      localStorage.setItem("ddpm-ground", wanted);
    } catch {
      // Then it is so until the page is left.
    }
    document.body.classList.toggle("dark", window.matchMedia(DARK).matches);
    return wanted;
  };
  // A room's scripts, all of them at once: left to their imports, each would wait until the one before it has come.
  const preload = (room) => {
    for (const href of (window.ddpm.modules || {})[room] || []) {
      const { href: whole } = new URL(href, document.baseURI);
      if (preloaded.has(whole)) continue;
      preloaded.add(whole);
      document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: whole }));
    }
  };
  const preloaded = new Set();
  // A component's words take their room before its script has come, which then sets them as page/dom.js does.
  const sub = (text) => Object.assign(document.createElement("sub"), { textContent: text });
  const fill = (element) => {
    for (const node of element.querySelectorAll("[data-say]")) {
      const parts = ((tables[language] || {})[node.dataset.say] || "").split(/_([a-z0-9])(?![a-z_])/i);
      node.replaceChildren(...parts.map((part, i) => (i % 2 ? sub(part) : part)));
    }
    if (element.querySelector(".ddpm-header")) document.documentElement.classList.add("ddpm-framed");
  };
  window.ddpm = { text: tables, language, speak, ground, preload, fill, ...window.ddpm };
  const { rooms = {} } = window.ddpm;
  for (const room of ["page", "header", rooms[tabs?.props.selected]]) preload(room);
}
