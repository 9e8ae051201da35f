// Schedules out: files made by the server, pictures made by the plots, a link.
import { save } from "../draw/paper.js";
import { colourOf } from "../draw/plots.js";
import { makeButton } from "../page/dom.js";
import { ask } from "../page/server.js";
import { say } from "../page/words.js";

// The plot as it stands, with its title and a legend in it: what a slide needs.
const WIDTH = 1000,
  HEIGHT = 520;
const titled = (gd, name) => {
  const quantity = gd.closest("figure").querySelector("h3").innerHTML,
    layout = structuredClone(gd.layout);
  const title = { text: `${quantity} — ${name}`, x: 0.01, xanchor: "left", font: { size: 19 } };
  const legend = { orientation: "h", y: 1.01, yanchor: "bottom", x: 0, font: { size: 13 } };
  const ground = colourOf(gd, "--ground");
  Object.assign(layout, { title, legend, showlegend: true, width: WIDTH, height: HEIGHT });
  Object.assign(layout, { paper_bgcolor: ground, plot_bgcolor: ground, margin: { l: 76, r: 24, t: 104, b: 52 } });
  return { data: gd.data.map((trace) => ({ ...trace, showlegend: !!trace.name })), layout };
};
// `state` gives {betas, config, linkable, edited, gd, name} at the time of a click: the schedule as the server takes
// it, whether the address holds it, and the plot that becomes a picture; `exported` is what makes a file of it.
export const exportButtons = (box, line, formats, exported, state) => {
  const link = async ({ linkable, edited }) => {
    if (edited) return say("lab.edited_no_link");
    if (linkable) await navigator.clipboard.writeText(location.href).catch(() => {});
    return say(linkable ? "lab.linked" : "lab.too_long");
  };
  const file = async ({ betas, config }, format) => {
    const said = await ask(() => exported({ betas, config, format }));
    if (said.problem) return said.problem;
    save(said.name, new Blob([said.text], { type: "text/plain" }));
    return say("lab.saved", said);
  };
  const picture = async ({ gd, name: stem, title }, format) => {
    const size = { width: WIDTH, height: HEIGHT, scale: format === "png" ? 2 : 1 },
      url = await window.Plotly.toImage(titled(gd, title || stem), { format, ...size }),
      name = `${stem}.${format}`;
    save(name, await (await fetch(url)).blob());
    return say("lab.saved", { name });
  };
  const files = Object.fromEntries(formats.map((/** @type {string} */ format) => [format, file]));
  const deeds = { ...files, svg: picture, png: picture, link };
  for (const [format, deed] of Object.entries(deeds)) {
    const button = box.appendChild(makeButton("", say(`lab.export_${format.replace(".", "")}`)));
    button.dataset.format = format;
    button.addEventListener("click", async () => {
      line.textContent = "";
      line.textContent = await deed(state(), format).catch(() => say("app.unreachable"));
    });
  }
};
