// PackBits (TIFF 6.0, section 9): runs and literals, so that a drawing is short enough for an address.
const MOST = 128;

const runAt = (/** @type {Uint8Array} */ raw, /** @type {number} */ at) => {
  let run = 1;
  while (run < MOST && at + run < raw.length && raw[at + run] === raw[at]) run++;
  return run;
};

/** @param {Uint8Array} raw @returns {Uint8Array<ArrayBuffer>} */
export const packBits = (raw) => {
  /** @type {number[]} */
  const out = [];
  for (let at = 0; at < raw.length;) {
    const run = runAt(raw, at);
    if (run > 2) {
      out.push(257 - run, raw[at]);
      at += run;
      continue;
    }
    const from = at;
    while (at < raw.length && at - from < MOST && runAt(raw, at) < 3) at++;
    out.push(at - from - 1, ...raw.subarray(from, at));
  }
  return Uint8Array.from(out);
};

/**
 * What was packed, or null where that is not `size` bytes: no more than these are ever made.
 * @param {Uint8Array} packed
 * @param {number} size
 */
export const unpackBits = (packed, size) => {
  const out = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < packed.length;) {
    const head = packed[i++],
      isRun = head > MOST,
      count = isRun ? 257 - head : head + 1;
    if (head === MOST || at + count > size || i + (isRun ? 1 : count) > packed.length) return null;
    if (isRun) out.fill(packed[i++], at, at + count);
    else {
      out.set(packed.subarray(i, i + count), at);
      i += count;
    }
    at += count;
  }
  return at === size ? out : null;
};

/** Eight yes-or-noes a byte, the first the highest bit. @param {ArrayLike<number>} flags */
export const bitsOf = (flags) => {
  const out = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i] > 0.5) out[i >> 3] |= 128 >> (i & 7);
  return out;
};
/** @param {Uint8Array} bits @param {number} count */
export const flagsOf = (bits, count) =>
  Float32Array.from({ length: count }, (_, i) => (bits[i >> 3] >> (7 - (i & 7))) & 1);
