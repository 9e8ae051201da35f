// What every plot has in common: the library, colours of the page, and the t at which curves are drawn.
// The library is 4.8 MB (1.4 MB on the wire), so it comes when the plots are first seen, once for the page.
const plotly = (path) => {
  window.ddpmPlotly = window.ddpmPlotly || new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `${(window.gradio_config && window.gradio_config.root) || ""}/gradio_api/file=${path}`;
    script.onload = () => done(window.Plotly);
    script.onerror = () => { window.ddpmPlotly = null; fail(); };
    document.head.append(script);
  });
  return window.ddpmPlotly;
};
const QUIET_PLOT = { displayModeBar: false, doubleClick: false, scrollZoom: false, showTips: false };
// Draws a figure. Plotly writes the page's address into its clip paths where the page has a base, and Chromium fetches the
// page again once the address has changed: here they are fragments alone.
const drawFigure = (Plotly, gd, traces, layout) => {
  Plotly.react(gd, traces, layout, QUIET_PLOT);
  for (const node of gd.querySelectorAll("[clip-path]")) {
    const id = node.getAttribute("clip-path").match(/#[^'")]+/);
    if (id) node.setAttribute("clip-path", `url(${id[0]})`);
  }
};
const colourOf = (root, name) => getComputedStyle(root).getPropertyValue(name).trim();
const subscripted = (text) => text.replace(/_(?:\{([^}]+)\}|([tTs0-9]))/g, "<sub>$1$2</sub>");

// A figure's layout in the page's colours.
const dressed = (plain, root, width) => {
  const layout = structuredClone(plain), [ink, muted, line, panel] = ["--ink", "--muted", "--line", "--panel"].map((name) => colourOf(root, name));
  Object.assign(layout, { title: { text: "" }, width });
  layout.font.color = muted;
  layout.hoverlabel = { bgcolor: panel, bordercolor: line, font: { color: ink, size: 12.5, family: layout.font.family } };
  for (const axis of [layout.xaxis, layout.yaxis]) Object.assign(axis, { gridcolor: line, linecolor: line, tickcolor: line });
  return layout;
};

// The t at which curves are drawn: all of 0…T, or about `most` of them with both ends.
const plottedSteps = (T, most) => {
  const count = Math.min(T + 1, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * T) / (count - 1)));
};
