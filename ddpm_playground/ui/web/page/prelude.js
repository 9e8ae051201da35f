// A script, not a module: it runs in the page's head before Gradio's own scripts, after language.js and the words that
// that one has loaded.
{
  const config = window.gradio_config || {},
    { kept, language, late = {}, text } = window.ddpm;
  config.i18n_translations = { ...config.i18n_translations, ...text };
  const table = config.i18n_translations[language] || {};
  window.ddpm.text = config.i18n_translations;
  if (table["app.title"]) config.title = document.title = table["app.title"];

  // The tab that the address names is in front from the first paint on: Gradio reads its page from gradio_config.
  const name = new URLSearchParams(location.search).get("tab"),
    parts = config.components || [];
  const tabs = parts.find(({ props }) => props && props.elem_id === "ddpm-tabs");
  if (tabs && parts.some(({ props }) => props && props.elem_id === `tab-${name}`)) tabs.props.selected = name;

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
  // Words that only one room says come with it.
  const coming = new Map();
  const words = (room) => {
    const src = late[room]?.[language];
    if (!coming.has(room))
      coming.set(
        room,
        new Promise((done, fail) => {
          if (!src) return void done();
          document.head.append(
            Object.assign(document.createElement("script"), {
              src,
              onload: () => done(),
              onerror: () => {
                coming.delete(room);
                fail(new Error("no words"));
              },
            }),
          );
        }),
      );
    return coming.get(room);
  };
  // A component's words take their room before its script has come, which then sets them as page/dom.js does.
  const sub = (text) => Object.assign(document.createElement("sub"), { textContent: text });
  const fill = (element) => {
    for (const node of element.querySelectorAll("[data-say]")) {
      const parts = (table[node.dataset.say] || "").split(/_([a-z0-9])(?![a-z_])/i);
      node.replaceChildren(...parts.map((part, i) => (i % 2 ? sub(part) : part)));
    }
    if (element.querySelector(".ddpm-header")) document.documentElement.classList.add("ddpm-framed");
  };
  Object.assign(window.ddpm, { ground, preload, words, fill });
  const { rooms = {} } = window.ddpm;
  for (const room of ["page", "header", rooms[tabs?.props.selected]]) preload(room);
  words(rooms[tabs?.props.selected]).catch(() => {});
}
