// A set of points that the reader draws in the plane.
import { pointAt } from "./plane.js";

export class OwnSet {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ reach: number, most_drawn: number }} limits how far the plane reaches, and how many points there may be
   * @param {{ isOn: () => boolean, began: () => void, grew: () => void, ended: () => void }} heard
   */
  constructor(canvas, { reach, most_drawn: most }, heard) {
    /** @type {number[][]} */
    this.points = [];
    this.drawing = false;
    canvas.addEventListener("pointerdown", (event) => {
      if (!heard.isOn()) return;
      heard.began();
      this.drawing = true;
      canvas.setPointerCapture(event.pointerId);
      canvas.dispatchEvent(new PointerEvent("pointermove", event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.drawing || this.points.length >= most) return;
      this.points.push(pointAt(canvas, reach, event));
      heard.grew();
    });
    for (const name of ["pointerup", "pointercancel"])
      canvas.addEventListener(name, () => {
        if (!this.drawing) return;
        this.drawing = false;
        heard.ended();
      });
  }
}
