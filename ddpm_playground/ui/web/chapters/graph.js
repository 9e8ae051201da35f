// Graphs of models: circles, boxes and arrows, in SVG, whose words keep their subscripts.
import { makeSvg, SUBSCRIPT } from "../page/dom.js";
import { spoken } from "./words.js";

const svgText = (x, y, text, attributes = {}) => {
  const words = spoken(text);
  let lowered = false;
  const parts = words
    .split(SUBSCRIPT)
    .map((part, i) => [part.replace(/[{}]/g, ""), i % 2])
    .filter(([part]) => part)
    .map(([part, below]) => {
      const shift = below && !lowered ? 4 : !below && lowered ? -4 : 0;
      lowered = !!below;
      return makeSvg("tspan", { dy: shift, ...(below ? { "font-size": "0.72em" } : {}) }, String(part));
    });
  return makeSvg("text", { x, y, ...attributes }, ...parts);
};
const RADIUS = 21,
  BOX = [44, 24];
// From the rim of one node to the rim of another, its middle drawn aside by `bend`.
const arrowPath = (a, b, bend) => {
  const dx = b.x - a.x,
    dy = b.y - a.y,
    far = Math.hypot(dx, dy),
    mx = (a.x + b.x) / 2 + (dy / far) * 2 * bend,
    my = (a.y + b.y) / 2 - (dx / far) * 2 * bend;
  const rim = (node, room) => {
    const ux = mx - node.x,
      uy = my - node.y,
      long = Math.hypot(ux, uy),
      reach = node.box ? Math.min(BOX[0] / Math.abs(ux / long || 1e-9), BOX[1] / Math.abs(uy / long || 1e-9)) : RADIUS;
    return [node.x + (ux / long) * (reach + room), node.y + (uy / long) * (reach + room)];
  };
  const [x1, y1] = rim(a, 2),
    [x2, y2] = rim(b, 7);
  return `M${x1} ${y1}Q${mx} ${my} ${x2} ${y2}`;
};
export const drawGraph = ({ nodes, arrows, labels }, id) => {
  const faint = (lit) => (lit ? "" : "faint");
  return makeSvg(
    "svg",
    { viewBox: "0 0 360 180", role: "img" },
    makeSvg(
      "defs",
      {},
      makeSvg(
        "marker",
        { id, viewBox: "0 0 10 10", refX: 7, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
        makeSvg("path", { d: "M0 0L10 5L0 10z", class: "tip" }),
      ),
    ),
    ...arrows.map(({ start, end, bend, lit, learned }) =>
      makeSvg("path", {
        d: arrowPath(nodes[start], nodes[end], bend),
        class: `way ${faint(lit)}`,
        "marker-end": `url(#${id})`,
        ...(learned ? {} : { "stroke-dasharray": "5 4" }),
      }),
    ),
    ...nodes.map(({ x, y, text, symbol, lit, box }) =>
      makeSvg(
        "g",
        { class: `${symbol ? `sym-${symbol.replaceAll("_", "-")}` : ""} ${faint(lit)}` },
        box
          ? makeSvg("rect", { x: x - BOX[0], y: y - BOX[1], width: 2 * BOX[0], height: 2 * BOX[1], rx: 8 })
          : makeSvg("circle", { cx: x, cy: y, r: RADIUS }),
        svgText(x, y + 5, text, { class: "name" }),
      ),
    ),
    ...labels.map(({ x, y, text, lit }) => svgText(x, y, text, { class: faint(lit) })),
  );
};
