/**
 * A number as a reader wants it: 4 significant digits, true minus sign.
 * @param {number | null | undefined} v
 */
export const number = (v, digits = 4) => {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  const scientific = size !== 0 && (size < 1e-3 || size >= 1e5);
  return (scientific ? v.toExponential(digits - 2) : String(+v.toPrecision(digits))).replace("-", "−");
};
