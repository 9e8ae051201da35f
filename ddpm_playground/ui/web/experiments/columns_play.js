// Where on the log-SNR axis a comparison stands: it follows what comes, is played, or is scrubbed.
import { STEPS } from "./columns_view.js";

const FILM_MS = 4000;

export class ColumnsPlay {
  /**
   * @param {HTMLInputElement} slider
   * @param {HTMLElement} button
   * @param {{ reached: () => number, isRunning: () => boolean, isConnected: () => boolean, redraw: () => void }} screen
   */
  constructor(slider, button, screen) {
    this.slider = slider;
    this.button = button;
    this.screen = screen;
    /** Whether the newest frames are shown as they come. */
    this.follows = true;
    /** When playing began, and where; 0 while it rests. */
    this.began = 0;
    this.from = 0;
    button.addEventListener("click", () => (this.began ? this.rest() : this.play()));
    slider.addEventListener("input", () => {
      this.rest();
      // What has not come yet cannot be seen.
      const last = screen.reached();
      this.follows = screen.isRunning() && +slider.value >= last;
      if (+slider.value > last) slider.value = String(last);
      screen.redraw();
    });
  }

  /** A comparison begins. */
  start() {
    this.rest();
    this.follows = true;
    this.slider.value = "0";
  }

  /** More of it has come. */
  come() {
    if (!this.follows) return;
    this.slider.value = String(this.screen.reached());
    this.screen.redraw();
  }

  rest() {
    this.began = 0;
    this.press();
  }

  press() {
    this.button.setAttribute("aria-pressed", String(this.began > 0));
  }

  /** From noise to picture in some seconds, or on from here while frames are still to come. */
  play() {
    const isOver = !this.screen.isRunning() || this.follows || +this.slider.value >= STEPS;
    this.from = isOver ? 0 : +this.slider.value;
    this.follows = false;
    this.began = performance.now();
    this.press();
    requestAnimationFrame((now) => this.tick(now));
  }

  /** @param {number} now */
  tick(now) {
    const { screen, slider } = this;
    if (!this.began || !screen.isConnected()) return;
    const place = this.from + (STEPS * Math.max(0, now - this.began)) / FILM_MS,
      last = screen.isRunning() ? screen.reached() : STEPS;
    slider.value = String(Math.round(Math.min(place, last)));
    if (place >= last) {
      this.follows = screen.isRunning();
      this.rest();
    } else requestAnimationFrame((next) => this.tick(next));
    screen.redraw();
  }
}
