// What is dragged up and down stands in a page that scrolls up and down. A mouse takes hold of it at once; a thumb by
// starting sideways, by resting on it for a moment, or with a tap. A thumb that starts up or down scrolls the page.

const DECIDED_PX = 8;
const HOLD_MS = 250;

/**
 * Its style needs "touch-action: pan-y".
 * @param {HTMLElement} node
 * @param {{ begin: (event: PointerEvent) => void, move: (event: PointerEvent) => void, end: () => void }} heard
 */
export const hearDrag = (node, { begin, move, end }) => {
  /** @type {PointerEvent | null} where it was touched */
  let start = null;
  let isHeld = false,
    hold = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  /** @param {PointerEvent} event */
  const take = (event) => {
    isHeld = true;
    node.setPointerCapture(event.pointerId);
    begin(event);
  };
  const leave = () => {
    clearTimeout(hold);
    start = null;
    if (!isHeld) return;
    isHeld = false;
    end();
  };
  node.addEventListener("pointerdown", (event) => {
    leave();
    start = event;
    if (event.pointerType !== "touch") return take(event);
    hold = setTimeout(() => take(event), HOLD_MS);
  });
  node.addEventListener("pointermove", (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    if (isHeld) return move(event);
    const across = Math.abs(event.clientX - start.clientX),
      along = Math.abs(event.clientY - start.clientY);
    if (Math.max(across, along) < DECIDED_PX) return;
    clearTimeout(hold);
    if (across > along) take(event);
    else start = null;
  });
  node.addEventListener("pointerup", (event) => {
    if (start && !isHeld) take(event);
    leave();
  });
  node.addEventListener("pointercancel", leave);
  // What is held does not scroll any more.
  node.addEventListener("touchmove", (event) => isHeld && event.preventDefault(), { passive: false });
  node.addEventListener("contextmenu", (event) => start && event.preventDefault());
};
