// Two axes with ticks, names and units on a sharp canvas; returns how data become CSS pixels.
import { number } from "../core/number.js";
import { SUBSCRIPT } from "../page/dom.js";

export const AXIS_FONT = "12px system-ui, sans-serif";
export const axes = ({ pen, width, height }, colours, { x, y, xTicks, yTicks, xName, yName }) => {
  const left = 44,
    right = 14,
    top = 24,
    bottom = 42;
  const X = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (width - left - right);
  const Y = (v) => height - bottom - ((v - y[0]) / (y[1] - y[0])) * (height - top - bottom);
  pen.font = AXIS_FONT;
  pen.lineWidth = 1;
  pen.strokeStyle = colours.line;
  pen.fillStyle = colours.muted;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const v of yTicks) {
    const at = Math.round(Y(v)) + 0.5;
    pen.beginPath();
    pen.moveTo(left, at);
    pen.lineTo(width - right, at);
    pen.stroke();
    pen.fillText(number(v), left - 7, at);
  }
  pen.textAlign = "center";
  for (const v of xTicks) pen.fillText(number(v), X(v), height - bottom + 16);
  pen.fillText(xName, (left + width - right) / 2, height - 9);
  pen.textAlign = "left";
  pen.fillText(yName, 4, 9);
  return { X, Y, left, right: width - right, top, base: height - bottom };
};

// Words that end at x, subscripts lowered; returns where they begin.
const lowered = (pen, text, x, y) => {
  const parts = text.split(SUBSCRIPT).map((part, i) => ({ part: part.replace(/[{}]/g, ""), below: i % 2 }));
  const dress = ({ below }) => {
    pen.font = below ? AXIS_FONT.replace("12px", "11px") : AXIS_FONT;
  };
  const wide = parts.map((one) => {
    dress(one);
    return pen.measureText(one.part).width;
  });
  const start = x - wide.reduce((sum, w) => sum + w, 0);
  let at = start;
  parts.forEach((one, i) => {
    dress(one);
    pen.fillText(one.part, at, y + (one.below ? 3 : 0));
    at += wide[i];
  });
  pen.font = AXIS_FONT;
  return start;
};
// Legend at the top right: [[name, colour, dash or "bar"], …]; drawn from right to left.
export const legend = ({ pen, width }, colours, entries) => {
  let at = width - 14;
  pen.font = AXIS_FONT;
  pen.textBaseline = "middle";
  for (const [name, colour, kind] of [...entries].reverse()) {
    pen.textAlign = "left";
    pen.fillStyle = colours.ink;
    at = lowered(pen, name, at, 9) - 6;
    pen.fillStyle = pen.strokeStyle = colour;
    if (kind === "bar") pen.fillRect(at - 12, 4, 12, 10);
    else if (kind === "dot") {
      pen.beginPath();
      pen.arc(at - 7, 9, 4, 0, 7);
      pen.fill();
    } else {
      pen.lineWidth = 2;
      pen.setLineDash(kind || []);
      pen.beginPath();
      pen.moveTo(at - 20, 9);
      pen.lineTo(at, 9);
      pen.stroke();
      pen.setLineDash([]);
    }
    at -= 34;
  }
};
