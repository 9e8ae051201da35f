// Curves in SVG on a plot's own axes, for as long as something moves: Plotly needs several frames for what this does in
// one.
import { makeSvg } from "../page/dom.js";

export const FEW_POINTS = 400;

// values[t] at `steps` as a path in the plot area's pixels; `box` has its width and the t at its ends, `axis` is
// Plotly's.
export const curvePath = (steps, values, { low, high, width }, axis) => {
  const inside = steps.filter((t) => t >= low && t <= high),
    stride = Math.max(1, Math.floor(inside.length / FEW_POINTS)),
    points = [];
  inside.forEach((t, i) => {
    const v = values[t];
    if ((i % stride && i < inside.length - 1) || !Number.isFinite(v) || (axis.type === "log" && v <= 0)) return;
    points.push(`${((width * (t - low)) / (high - low)).toFixed(1)} ${axis.d2p(v).toFixed(1)}`);
  });
  return points.length ? `M${points.join("L")}` : "";
};

// One path for each row of attributes; paths that are there already are used again.
export const sketchCurves = (svg, curves) => {
  while (svg.children.length > curves.length) svg.lastChild.remove();
  curves.forEach((attributes, i) => {
    const path = svg.children[i] || svg.appendChild(makeSvg("path"));
    for (const [name, value] of Object.entries({ fill: "none", ...attributes }))
      if (path.getAttribute(name) !== String(value)) path.setAttribute(name, value);
  });
};
