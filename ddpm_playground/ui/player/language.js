// The page's language: "lang" in the address, else what this reader chose last, else the browser's own. Gradio follows
// navigator.language; the server follows the address, which therefore tells where the browser would not. This runs before
// Gradio's own scripts.
{
  const tables = (window.gradio_config || {}).i18n_translations || {}, languages = Object.keys(tables);
  const natural = /^zh(-|$)/i.test((navigator.languages || [])[0] || navigator.language || "") ? "zh-TW" : "en";
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const asked = new URLSearchParams(location.search).get("lang");
  const language = [asked, kept("ddpm-lang"), natural].find((one) => languages.includes(one)) || "en";
  const address = (chosen) => {
    const url = new URL(location.href);
    if (chosen === natural) url.searchParams.delete("lang");
    else url.searchParams.set("lang", chosen);
    return url;
  };
  window.ddpmText = tables;
  window.ddpmLanguage = language;
  if (asked !== language && address(language).href !== location.href) history.replaceState(history.state, "", address(language));
  for (const [name, value] of [["language", language], ["languages", Object.freeze([language])]])
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  document.documentElement.lang = language;
  const title = (tables[language] || {})["app.title"];
  if (title) window.gradio_config.title = document.title = title;
  // The same page with all its settings, in another language.
  window.ddpmSpeak = (chosen) => {
    if (chosen === language) return;
    try { localStorage.setItem("ddpm-lang", chosen); } catch { /* then the address alone remembers it */ }
    window.ddpmRemember.now();
    const url = address(chosen);
    if (kept("ddpm-lang") !== chosen) url.searchParams.set("lang", chosen);
    history.replaceState(history.state, "", url);
    location.reload();
  };
}
