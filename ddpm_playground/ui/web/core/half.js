// IEEE half precision, in which frames travel and are kept.

/** @type {Float32Array | null} */
let table = null;

/** Every half as a float32, by its 16 bits: 65,536 entries, made once for the page. */
export const halfTable = () => {
  if (table) return table;
  table = new Float32Array(65536);
  for (let i = 0; i < 65536; i++) {
    const sign = i & 0x8000 ? -1 : 1,
      e = (i >> 10) & 31,
      f = i & 1023;
    table[i] = sign * (e === 0 ? f * 2 ** -24 : e === 31 ? (f ? NaN : Infinity) : (1 + f / 1024) * 2 ** (e - 15));
  }
  return table;
};

/**
 * @param {Uint16Array} half
 * @param {Float32Array} out
 */
export const decode = (half, out) => {
  const values = halfTable();
  for (let i = 0; i < out.length; i++) out[i] = values[half[i]];
  return out;
};
