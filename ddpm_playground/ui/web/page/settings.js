// Every setting as it stands, and t, which is one for the whole page: who changes them tells the others. The address
// holds those that differ from their defaults; a quick drag writes it at most 4 times a second.
import { Bus } from "./bus.js";

/** @typedef {import("../protocol").Settings} Settings */
/** @typedef {keyof Settings} Key */

const defaults = /** @type {Settings} */ (window.ddpm.defaults || {});
/** Every setting as it stands. @type {Settings} */
export const settings = { ...defaults };

/** @type {Bus<Key | null>} null: those that the address holds are there now. */
const changes = new Bus();
/** @type {Bus<number>} */
const times = new Bus();
let isRestored = false;
/** @type {Map<string, unknown>} */
const wanted = new Map();
let waiting = 0;

/** Writes the address at once. */
export const writeAddress = () => {
  clearTimeout(waiting);
  waiting = 0;
  const url = new URL(location.href);
  for (const [key, value] of wanted) {
    const isDefault =
      value === null || value === undefined || String(value) === String(defaults[/** @type {Key} */ (key)]);
    if (isDefault) url.searchParams.delete(key);
    else url.searchParams.set(key, String(value));
  }
  wanted.clear();
  if (url.href !== location.href) history.replaceState(history.state, "", url);
};

/**
 * Keeps a setting, in the page's address too, and tells the others.
 * @template {Key} K
 * @param {K} key
 * @param {Settings[K]} value
 * @param {Element | null} sender
 */
export const remember = (key, value, sender = null) => {
  wanted.set(key, value);
  waiting = waiting || setTimeout(writeAddress, 250);
  if (settings[key] === value) return;
  settings[key] = value;
  // Until all of them are there, one alone says nothing.
  if (isRestored) changes.tell(key, sender);
};

/**
 * The address's settings are in the widgets: these.
 * @param {Key[]} keys
 * @param {unknown[]} values
 */
export const restored = (keys, values) => {
  Object.assign(settings, Object.fromEntries(keys.map((key, i) => [key, values[i]])));
  isRestored = true;
  changes.tell(null);
};

/** Whether the address's settings are known. */
export const areRestored = () => isRestored;

/**
 * Calls `redraw` once the address's settings are known, and whenever somebody else changes one of `keys`.
 * @param {Element} element
 * @param {Key[]} keys
 * @param {(changed: Key | null) => void} redraw
 */
export const onSettings = (element, keys, redraw) => {
  changes.listen(element, (key) => (key === null || keys.includes(key)) && redraw(key));
  if (isRestored) redraw(null);
};

// A view that is made later starts from the last t that was set, and a T that is typed digit by digit cuts t only while
// it is shorter.
/** @type {number | undefined} */
let lastT;

/** @param {number} given */
export const wantedT = (given) => (lastT === undefined ? (lastT = given) : lastT);

/**
 * @param {number} t
 * @param {Element} sender
 */
export const moveT = (t, sender) => {
  lastT = t;
  times.tell(t, sender);
  remember("t", t, sender);
};

/**
 * Calls `move` with t whenever somebody else moves it.
 * @param {Element} element
 * @param {(t: number) => void} move
 */
export const onT = (element, move) => times.listen(element, move);
