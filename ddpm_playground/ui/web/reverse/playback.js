// Which frame of the film is on screen, and how it moves on.
import { givesWay, takeHold } from "./session.js";

const RATE = 24,
  SHORTEST_S = 2,
  LONGEST_S = 8,
  HOLD_MS = 1500;

/**
 * @typedef {object} Screen what a playback needs of the player
 * @property {() => boolean} isSeen
 * @property {() => boolean} isRunning whether frames are still to come
 * @property {() => boolean} isLive
 * @property {() => void} redraw
 * @property {() => void} tell says where the run stands
 * @property {() => void} press shows which buttons are pressed
 * @property {() => boolean} isConnected
 */

export class Playback {
  /** @param {Screen} screen */
  constructor(screen) {
    this.screen = screen;
    /** @type {import("./frames.js").Film | null} */
    this.film = null;
    /** Step of the frame on screen. */
    this.k = 0;
    /** Whether that is to be the newest one. */
    this.follow = true;
    /** −1, 0 or 1. */
    this.playing = 0;
    this.speed = 1;
    this.loop = false;
    /** @type {number | null} */
    this.clock = null;
    this.owed = 0;
    this.holdUntil = 0;
  }

  /** @param {import("./frames.js").Film} film */
  start(film, loop) {
    Object.assign(this, { film, k: 0, follow: true, loop });
    this.pause();
  }

  get index() {
    return this.film.nearest(this.k);
  }

  /** Shows frame `i`, and is told its step by the way. */
  go(i) {
    const { film } = this;
    if (!film || !film.length) return;
    const at = Math.max(0, Math.min(film.length - 1, i));
    this.k = film.frames[at].k;
    this.follow = at === film.length - 1;
    this.screen.redraw();
  }

  /** By hand: playing stops. */
  jump(i) {
    takeHold();
    this.pause();
    this.go(i);
  }

  pause() {
    this.playing = 0;
    this.clock = null;
    this.screen.press();
  }

  play(direction, byHand = true) {
    if (byHand) takeHold();
    const { film, screen } = this;
    if (!film || !film.length) return;
    const live = screen.isLive() && screen.isRunning();
    if (this.playing === direction || (live && this.follow && direction > 0)) {
      this.follow = false;
      this.pause();
      return;
    }
    const last = film.length - 1,
      i = this.index;
    if (direction > 0 && i === last && !live) this.k = film.frames[0].k;
    if (direction < 0 && i === 0) this.k = film.frames[last].k;
    this.follow = false;
    this.owed = this.holdUntil = 0;
    if (this.clock === null) requestAnimationFrame((now) => this.tick(now));
    this.clock = performance.now();
    this.playing = direction;
    screen.redraw();
  }

  /** Whether every frame of a recorded run has come; they come while the first ones are played already. */
  get isWhole() {
    return this.film.length >= this.film.total;
  }

  /** 24 frames a second, yet a whole run takes 2 to 8 seconds. */
  get rate() {
    const length = Math.max(this.film.length, this.film.total);
    return Math.min(Math.max(RATE, length / LONGEST_S), Math.max(1, length / SHORTEST_S));
  }

  tick(now) {
    const { screen, film } = this;
    if (this.clock === null || !screen.isConnected()) return;
    requestAnimationFrame((next) => this.tick(next));
    const passed = Math.max(0, Math.min(250, now - this.clock));
    this.clock = now;
    if (!this.playing || !screen.isSeen() || now < this.holdUntil) return;
    const last = film.length - 1,
      end = this.playing > 0 ? last : 0,
      i = this.index;
    const awaits = this.playing > 0 && !this.isWhole;
    if (i === end) {
      if (!awaits) this.arrive(last - end);
      return;
    }
    this.owed += (passed / 1000) * this.rate * this.speed;
    const whole = Math.floor(this.owed);
    if (!whole) return;
    this.owed -= whole;
    const next = Math.max(0, Math.min(last, i + this.playing * whole));
    this.k = film.frames[next].k;
    if (next === end) this.holdUntil = awaits || screen.isRunning() ? 0 : now + HOLD_MS;
    screen.redraw();
  }

  // At the end: on with the chain, from the other end again, or still.
  arrive(other) {
    const { screen, film } = this;
    if (screen.isRunning() && this.playing > 0) {
      this.pause();
      this.follow = true;
      screen.redraw();
    } else if (this.loop && !screen.isLive() && givesWay()) {
      this.pause(); // the finished pictures stay until the live run is there
      screen.tell();
    } else if (this.loop) {
      this.k = film.frames[other].k;
      screen.redraw();
    } else this.pause();
  }
}
