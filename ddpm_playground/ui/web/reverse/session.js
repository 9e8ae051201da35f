// What the page knows of the Reverse tab without asking it: which run is shown, and whether the reader has taken hold.
import { settings } from "../page/settings.js";

let isHeld = false;
let run = "";

/** The reader has taken hold of the player: nothing begins by itself any more. */
export const takeHold = () => {
  isHeld = true;
};

/** @param {string} name */
export const setRun = (name) => {
  run = name;
};

/** The run that is shown, or waits for its turn; "" if none. */
export const currentRun = () => run;

// The recorded run has come to its end, where its finished pictures rest a moment; then the live one may begin.
const REST_MS = 4000;
let isOver = () => {};
/** @type {Promise<void>} */
const over = new Promise((done) => {
  isOver = () => setTimeout(done, REST_MS);
});
let isAwaited = true;
let isResting = false;

/** Whether the recorded run has ended and a live one is about to begin. */
export const isGivingWay = () => isResting && !isHeld;

/** Whether the live run is to follow where the recorded one ends: nobody has taken hold, and it is the first time. */
export const givesWay = () => {
  const gives = isAwaited && !isHeld;
  if (gives) {
    isResting = true;
    over.then(() => (isResting = false));
    isOver();
  }
  isAwaited = false;
  return gives;
};

/**
 * Fulfilled when the Reverse tab is in front and a live run may begin by itself: at once where a link has settings;
 * else when the recorded run has been seen to its end, unless the reader has taken hold of it.
 * @returns {Promise<void>}
 */
export const arrived = () =>
  new Promise((done) => {
    const given = [...new URLSearchParams(location.search).keys()].some((key) => key !== "tab" && key in settings);
    const look = () => {
      if (!document.getElementById("player")?.offsetParent) return void setTimeout(look, 250);
      const wait = given ? new Promise((soon) => setTimeout(soon, 300)) : over;
      wait.then(() => isHeld || done());
    };
    look();
  });
