// The whole screen for one element at a time, where a page may have it: asked for and given back one after the other.
// Otherwise the end of one piece's screen, which comes late, takes away that of the piece opened after it.

let before = Promise.resolve();

/** `deed` after all that were asked for before it; a screen that is refused is not had, and the window stays. */
const inTurn = (/** @type {() => Promise<void>} */ deed) => (before = before.then(deed).catch(() => {}));

/** Puts `node` on the whole screen if it `isWanted` when its turn has come, and still when it is there. */
export const fillScreen = (/** @type {Element} */ node, /** @type {() => boolean} */ isWanted) =>
  inTurn(async () => {
    if (!document.fullscreenEnabled || !isWanted()) return;
    await node.requestFullscreen();
    if (!isWanted()) await document.exitFullscreen();
  });

/** Gives the screen back. Its element has to stay until then: if it goes, the browser gives it back at its own time. */
export const leaveScreen = () =>
  inTurn(async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
  });
