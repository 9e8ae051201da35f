// Formulas by the KaTeX that comes with the page's own files; without it they stand as TeX. Colours by \xO{…} and so on.
const MACROS = Object.fromEntries(Object.entries({ xO: "x-0", eps: "eps", xT: "x-t", xhat: "x-hat-0", mean: "mean", sigz: "sigma-z" }).map(([name, symbol]) => [`\\${name}`, `\\htmlClass{sym-${symbol}}{#1}`]));
const katex = (files) => {
  if (!files) return Promise.resolve(null);
  const at = (file) => new URL(`${(window.gradio_config && window.gradio_config.root) || ""}/assets/${file}`, location.href).href;
  window.ddpmKatex = window.ddpmKatex || import(at(files.script)).then(({ default: found }) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = at(files.style);
    document.head.append(link);
    return found;
  }).catch(() => null);
  return window.ddpmKatex;
};
// Words within a formula stand as \say{key} in the TeX and under tex.key in the string tables.
const inWords = (source) => source.replace(/\\say\{(\w+)\}/g, (_, key) => `\\text{${say(`tex.${key}`)}}`);
// `source` as a formula in `node`, at once or as soon as KaTeX is there; the same source is not drawn twice.
const typesetTex = (node, source, display = false) => {
  if (node.dataset.tex === source) return node;
  node.dataset.tex = source;
  const draw = (found) => {
    if (node.dataset.tex !== source) return;
    if (!found) { node.textContent = inWords(source); return; }
    found.render(inWords(source), node, { displayMode: display, throwOnError: false, strict: false, trust: ({ command }) => command === "\\htmlClass", macros: { ...MACROS }, output: "htmlAndMathml" });
  };
  if (window.ddpmKatexReady !== undefined) draw(window.ddpmKatexReady);
  else window.ddpmKatex.then((found) => draw((window.ddpmKatexReady = found)));
  return node;
};
