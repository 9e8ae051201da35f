// Drawing that leaves the page its time, however slow the machine is.
import { nextFrame } from "./life.js";

/**
 * Draws soon, in no more than a fifth of the page's time; the last word is always drawn.
 * @param {() => void} draw
 */
export const sparingly = (draw) => {
  let due = 0,
    free = 0;
  const redraw = nextFrame(() => {
    due = 0;
    const began = performance.now();
    draw();
    const now = performance.now();
    free = now + Math.min(1500, Math.max(250, 4 * (now - began)));
  });
  return () => {
    due = due || setTimeout(redraw, Math.max(0, free - performance.now()));
  };
};
