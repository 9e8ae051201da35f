// The messages of a comparison: one that is asked for, its frames as they come, and those that were missed.
import { Arrivals } from "../page/arrivals.js";
import { newName } from "../page/server.js";

/** @typedef {import("../protocol").ColumnsMessage} Message */
/** @typedef {import("../protocol").ColumnsFrames} Frames */

/**
 * @typedef {object} Hearing
 * @property {(opening: import("../protocol").ColumnsOpening) => void} start
 * @property {(frames: Frames, count: number) => void} come some frames, the first `count` of which are here already
 * @property {(place: number | null) => void} wait
 * @property {(problem: string) => void} refuse
 * @property {() => void} gone the server has it no more
 */

export class ColumnsStream {
  /** The page's own name of what it has asked last. */
  asked = "";
  /** Whether that is still to be made. */
  isRunning = false;

  /**
   * @param {Component} component
   * @param {{ ask: (what: any) => void, missing: (what: any) => void }} send
   * @param {Hearing} hear
   */
  constructor({ element, props, server }, send, hear) {
    this.props = props;
    this.server = server;
    this.send = send;
    this.hear = hear;
    this.arrivals = new Arrivals(send.missing, () => element.isConnected);
    /** The run that waits or runs, by the server's name. */
    this.run = "";
  }

  /** @param {{ columns: string[], num_images: number, checkpoint: string }} what */
  ask(what) {
    this.asked = newName();
    this.isRunning = true;
    this.run = "";
    this.send.ask({ asked: this.asked, ...what });
  }

  /** What is made is not wanted any more; what has come stays. */
  stop() {
    if (!this.isRunning) return;
    this.isRunning = false;
    if (this.run) this.giveUp(this.run);
    if (this.run !== this.arrivals.run) this.asked = ""; // nothing of it has come, so nothing of it is shown
  }

  /** @param {string} run */
  giveUp(run) {
    this.server.stop_columns({ run }).catch(() => {});
  }

  receive() {
    /** @type {any} */
    const message = JSON.parse(this.props.value || "{}");
    if (message.asked !== undefined && message.asked !== this.asked) {
      if (message.run && message.run !== this.run) this.giveUp(message.run);
      return;
    }
    if ("place" in message) {
      this.run = message.run;
      return void this.hear.wait(message.place);
    }
    if (message.gone) {
      if (message.run !== this.arrivals.run) return;
      this.arrivals.giveUp();
      return void this.end(() => this.hear.gone());
    }
    if (!message.run) {
      if (message.problem) this.end(() => this.hear.refuse(message.problem));
      return;
    }
    const { run } = message,
      { arrivals } = this;
    if (message.columns && run !== arrivals.run) this.open(message);
    if (run === this.run && run === arrivals.run) return this.come(message);
    // Its opening was missed. What is left of an earlier one is not for this page any more.
    const isAwaited = run === this.run || (!this.run && this.isRunning && !arrivals.isPast(run));
    if (isAwaited && run !== arrivals.run) arrivals.fetch((arrivals.awaited = run), 0);
  }

  /** @param {import("../protocol").ColumnsOpening} opening */
  open(opening) {
    this.run = opening.run;
    this.arrivals.start(opening.run);
    this.hear.start(opening);
  }

  /** @param {Frames} message */
  come(message) {
    const { arrivals } = this,
      { before = arrivals.had, frames, total = arrivals.had } = message;
    if (before > arrivals.had) return void arrivals.fetch(message.run, arrivals.had);
    const here = Math.min(frames.length, arrivals.had - before);
    arrivals.had = Math.max(arrivals.had, before + frames.length);
    if (total > arrivals.had) arrivals.fetch(message.run, arrivals.had);
    if (message.done) this.isRunning = false;
    this.hear.come(message, here);
  }

  /** @param {() => void} told */
  end(told) {
    this.isRunning = false;
    told();
  }
}
