// A script, not a module: it runs in the page's head before Gradio's own scripts, after `window.ddpm = {…}` with what
// Python knows. The page's language: "lang" in the address, else what this reader chose last, else the browser's own.
// Gradio follows navigator.language; the server follows the address, which therefore tells where the browser would not.
// The words of that language alone are loaded, before anything that comes after this.
{
  const { words } = window.ddpm,
    languages = Object.keys(words);
  const natural = /^zh(-|$)/i.test((navigator.languages || [])[0] || navigator.language || "") ? "zh-TW" : "en";
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const asked = new URLSearchParams(location.search).get("lang");
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
  Object.assign(window.ddpm, { text: {}, language, speak, kept });
  document.write(`<script src="${words[language]}"></${"script"}>`);
}
