// Drawing that leaves the page its time, however slow the machine is.
import { nextFrame } from "./life.js";

/**
 * Draws soon, in no more than a fifth of the page's time; the last word is always drawn.
 * @param {() => unknown} draw which may take several frames; then it gives a promise
 */
export const sparingly = (draw) => {
  let due = 0,
    free = 0,
    isDrawing = false,
    again = false;
  const redraw = nextFrame(async () => {
    due = 0;
    isDrawing = true;
    const began = performance.now();
    try {
      await draw();
    } finally {
      const now = performance.now();
      free = now + Math.min(1500, Math.max(250, 4 * (now - began)));
      isDrawing = false;
      if (again) soon();
      again = false;
    }
  });
  const soon = () => {
    if (isDrawing) again = true;
    else due = due || setTimeout(redraw, Math.max(0, free - performance.now()));
  };
  return soon;
};
