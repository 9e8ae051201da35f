// A thumb that scrolls the page may begin on a slider: the browser moves that at the first touch, before anybody can
// know which way the thumb will go. So what the slider says is held back until the thumb has gone sideways, or left it
// again where it was; a swipe up or down gives the slider its old value back, and nobody hears of it.

const DECIDED_PX = 8;

/**
 * @typedef {object} Gesture
 * @property {HTMLInputElement} slider
 * @property {string} before its value when it was touched
 * @property {string} wanted the value that the touch asks for
 * @property {number} x
 * @property {number} y
 * @property {"open" | "slide" | "scroll"} way
 */

/** @type {Gesture | null} */
let gesture = null;

/** @param {EventTarget | null} target @returns {target is HTMLInputElement} */
const isSlider = (target) => target instanceof HTMLInputElement && target.type === "range" && !target.disabled;

/** @param {TouchEvent} event */
const begin = ({ target, touches }) => {
  gesture = null;
  if (touches.length !== 1 || !isSlider(target)) return;
  const { clientX: x, clientY: y } = touches[0];
  gesture = { slider: target, before: target.value, wanted: target.value, x, y, way: "open" };
};

/** @param {TouchEvent} event */
const follow = ({ touches }) => {
  if (gesture?.way !== "open" || touches.length !== 1) return;
  const across = Math.abs(touches[0].clientX - gesture.x),
    along = Math.abs(touches[0].clientY - gesture.y);
  if (Math.max(across, along) < DECIDED_PX) return;
  gesture.way = across > along ? "slide" : "scroll";
  if (gesture.way === "slide") tell(gesture);
};

// What was held back is said now.
/** @param {Gesture} told */
const tell = ({ slider, before, wanted }) => {
  if (wanted === before) return;
  slider.value = wanted;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
};

/** @param {Event} event */
const hold = (event) => {
  if (!gesture || event.target !== gesture.slider || gesture.way === "slide") return;
  event.stopImmediatePropagation();
  if (gesture.way === "open" && event.type === "input") gesture.wanted = gesture.slider.value;
  gesture.slider.value = gesture.before;
};

/** @param {TouchEvent} event */
const end = ({ type }) => {
  const ended = gesture;
  if (!ended) return;
  if (ended.way !== "slide" && type === "touchcancel") ended.way = "scroll";
  // The browser's own "change" comes after this.
  setTimeout(() => {
    if (gesture === ended) gesture = null;
    if (ended.way !== "open" || ended.wanted === ended.before) return;
    ended.way = "slide";
    tell(ended);
    ended.slider.dispatchEvent(new Event("change", { bubbles: true }));
  });
};

/** From now on, for every slider of the page, ours and Gradio's. */
export const followSwipes = () => {
  const first = { capture: true, passive: true };
  addEventListener("touchstart", begin, first);
  addEventListener("touchmove", follow, first);
  addEventListener("touchend", end, first);
  addEventListener("touchcancel", end, first);
  // After a scroll the browser says "pointerup" too, for which Gradio would ask the server.
  for (const name of ["input", "change", "pointerup"]) addEventListener(name, hold, true);
};
