// What a component follows for as long as it stands in the page.

/**
 * Calls `redraw` when the page turns dark or light.
 * @param {Element} element
 * @param {() => void} redraw
 */
export const onGround = (element, redraw) => {
  const observer = new MutationObserver(() => (element.isConnected ? redraw() : observer.disconnect()));
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
};

/**
 * Calls `redraw` when an element changes its size, is shown or hidden; and once at the beginning.
 * @param {Element} element
 * @param {() => void} redraw
 */
export const onResize = (element, redraw) => new ResizeObserver(() => redraw()).observe(element);

/**
 * A function that has `draw` called at the next frame, however often it is asked before.
 * @param {() => void} draw
 */
export const nextFrame = (draw) => {
  let queued = false;
  return () => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      draw();
    });
  };
};

/**
 * A function that does some things one a frame, the first at once, so that no frame waits for all of them; those that
 * are left when it is called anew are left out.
 * @returns {(deeds: (() => void)[]) => void}
 */
export const onePerFrame = () => {
  let round = 0;
  return (deeds) => {
    const mine = ++round;
    const next = (/** @type {number} */ i) => {
      if (mine !== round || i === deeds.length) return;
      deeds[i]();
      requestAnimationFrame(() => next(i + 1));
    };
    next(0);
  };
};

/** Whether this reader wants little to move. */
export const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
