// What every plot has in common: the library, colours of the page, and the t at which curves are drawn.
import { make } from "../page/dom.js";
import { say } from "../page/words.js";
import { nameCurves } from "./direct_labels.js";

/** @type {Promise<void> | null} */
let loading = null;

// The library is 4.8 MB (1.4 MB on the wire), so it comes when the plots are first seen, once for the page.
const load = () => {
  const script = make("script");
  script.src = `${window.gradio_config?.root || ""}/gradio_api/file=${window.ddpm.plotly}`;
  loading = new Promise((done, fail) => {
    script.onload = () => setTimeout(done); // what draws then is another task
    script.onerror = () => fail(new Error("no Plotly"));
  });
  document.head.append(script);
  return loading;
};

/** @type {WeakSet<Element>} */
const waiting = new WeakSet();

/**
 * Plotly if it is there. If not, null: then `line` says that it is on its way, and `redraw` is called once it is there;
 * where it cannot be had, `line` says so, and the next call tries again.
 * @param {Element} line
 * @param {() => void} redraw
 */
export const plotlyFor = (line, redraw) => {
  if (window.Plotly) return window.Plotly;
  if (waiting.has(line)) return null;
  waiting.add(line);
  line.textContent = say("schedule.loading");
  const ended = (/** @type {string} */ text) => {
    waiting.delete(line);
    line.textContent = text;
  };
  (loading || load()).then(
    () => {
      ended("");
      redraw();
    },
    () => {
      loading = null;
      ended(say("schedule.failed"));
    },
  );
  return null;
};

const QUIET_PLOT = { displayModeBar: false, doubleClick: false, scrollZoom: false, showTips: false };
// Draws a figure. Plotly writes the page's address into its clip paths where the page has a base, and Chromium fetches
// the page again once the address has changed: here they are fragments alone.
export const drawFigure = (Plotly, gd, traces, layout) => {
  Plotly.react(gd, traces, layout, QUIET_PLOT);
  for (const node of gd.querySelectorAll("[clip-path]")) {
    const id = node.getAttribute("clip-path").match(/#[^'")]+/);
    if (id) node.setAttribute("clip-path", `url(${id[0]})`);
  }
  nameCurves(gd);
};
export const colourOf = (root, name) => getComputedStyle(root).getPropertyValue(name).trim();
export const subscripted = (text) => text.replace(/_(?:\{([^}]+)\}|([tTs0-9])(?![a-z]))/g, "<sub>$1$2</sub>");

// A figure's layout in the page's colours.
export const dressed = (plain, root, width) => {
  const layout = structuredClone(plain),
    [ink, muted, line, panel] = ["--ink", "--muted", "--line", "--panel"].map((name) => colourOf(root, name));
  Object.assign(layout, { title: { text: "" }, width });
  layout.font.color = muted;
  layout.hoverlabel = {
    bgcolor: panel,
    bordercolor: line,
    font: { color: ink, size: 12.5, family: layout.font.family },
  };
  for (const axis of [layout.xaxis, layout.yaxis])
    Object.assign(axis, { gridcolor: line, linecolor: line, tickcolor: line });
  return layout;
};

// The t at which curves are drawn: all of 0…T, or about `most` of them with both ends.
export const plottedSteps = (T, most) => {
  const count = Math.min(T + 1, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * T) / (count - 1)));
};
