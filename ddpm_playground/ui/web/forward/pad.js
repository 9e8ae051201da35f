// Draw x_0 by hand: 28 × 28 greys, white on black, with a soft round brush about as wide as MNIST's strokes.
import { base64 } from "../core/base64.js";
import { paint } from "../draw/canvas.js";
import { opened } from "../page/dom.js";
import { say } from "../page/words.js";
import { drawings } from "./drawing.js";

const SIDE = 28,
  RADIUS = 0.85,
  SOFT = 0.9,
  MOST_UNDO = 50;

/** @param {Component} component */
export function mount({ element, trigger }) {
  const { root, find } = opened(element, ".pad");
  const canvas = find("canvas"),
    key = (name) => find(`[data-do="${name}"]`);
  let ink = new Float32Array(SIDE * SIDE),
    last = null;
  const past = [];

  const isBlank = () => !ink.some((v) => v > 0);
  const picture = () => ink.map((v) => 2 * v - 1);

  function draw() {
    paint(canvas, picture(), [1, SIDE, SIDE]);
    const blank = isBlank();
    root.classList.toggle("is-drawn", !blank);
    key("use").disabled = key("clear").disabled = blank;
    key("undo").disabled = !past.length;
  }

  function remembered() {
    past.push(ink.slice());
    if (past.length > MOST_UNDO) past.shift();
  }

  /** @returns {[number, number]} */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * SIDE - 0.5,
      ((event.clientY - box.top) / box.height) * SIDE - 0.5,
    ];
  };

  // Ink along a segment: full within RADIUS of it, fading over SOFT pixels.
  function stroke([x0, y0], [x1, y1]) {
    const dx = x1 - x0,
      dy = y1 - y0,
      square = dx * dx + dy * dy;
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const along = square ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / square)) : 0;
        const far = Math.hypot(x - x0 - along * dx, y - y0 - along * dy),
          v = Math.min(1, Math.max(0, 1 - (far - RADIUS) / SOFT));
        if (v > ink[y * SIDE + x]) ink[y * SIDE + x] = v;
      }
  }

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    remembered();
    last = place(event);
    stroke(last, last);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    for (const moved of event.getCoalescedEvents ? event.getCoalescedEvents() : [event]) {
      const next = place(moved);
      stroke(last, next);
      last = next;
    }
    draw();
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      last = null;
    });

  const deeds = {
    use: () => {
      const x_0 = picture();
      drawings.tell({ x_0, caption: say("forward.caption_drawn") }, element);
      trigger("drawn", { x_0: base64(x_0) });
    },
    undo: () => {
      ink = past.pop() || ink;
      draw();
    },
    clear: () => {
      remembered();
      ink = new Float32Array(SIDE * SIDE);
      draw();
    },
  };
  for (const name of Object.keys(deeds)) key(name).addEventListener("click", deeds[name]);
  draw();
}
