// The one axis on which columns with other numbers of steps stand beside each other: log SNR. No DOM.

/** @typedef {{ log_snr: (number | null)[], at: number[] }} Column log SNR of every step, and which steps are shown */

/** log SNR of the i-th step that is shown; noise alone lies below all. @param {Column} column @param {number} i */
export const levelOf = (column, i) => column.log_snr[column.at[i]] ?? -1e9;

/** The lowest and the highest log SNR of all columns. @param {Column[]} columns @returns {[number, number]} */
export const levelsOf = (columns) => {
  const finite = columns.flatMap(({ log_snr }) => log_snr.filter((one) => one !== null));
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 0];
};

/**
 * Which of the first `come` steps that are shown is nearest to a log SNR, which rises along the chain.
 * @param {Column} column
 * @param {number} come
 * @param {number} level
 */
export const nearestTo = (column, come, level) => {
  let low = 0,
    high = come - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (levelOf(column, middle) < level) low = middle + 1;
    else high = middle;
  }
  return low > 0 && level - levelOf(column, low - 1) <= levelOf(column, low) - level ? low - 1 : low;
};
