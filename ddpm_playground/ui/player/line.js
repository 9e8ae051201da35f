// How a schedule is named and drawn, the same in curves, filmstrip and knobs.
const DASHES = { solid: "", dash: "9 5", dot: "2.5 4", dashdot: "9 4 2.5 4" };
const nameOf = ({ key, form }) => {
  const name = say(`schedule.name_${key}`);
  return form ? say(`schedule.${form}`, { name }) : name;
};
const swatch = (css, dash, width = 2.5, opacity = 1) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), line = document.createElementNS(svg.namespaceURI, "line");
  const look = { x1: 0, x2: 26, y1: 4, y2: 4, stroke: `var(${css})`, "stroke-width": width, opacity, "stroke-dasharray": DASHES[dash] };
  for (const [key, value] of Object.entries(look)) line.setAttribute(key, value);
  svg.setAttribute("viewBox", "0 0 26 8");
  svg.setAttribute("aria-hidden", "true");
  svg.append(line);
  return svg;
};
