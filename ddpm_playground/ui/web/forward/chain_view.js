// The walk on screen: its pane, its plot and its numbers, at a pace the eye can follow.
import { Walk } from "../core/forward_chain.js";
import { paint } from "../draw/canvas.js";
import { isCalm } from "../page/life.js";
import { say } from "../page/words.js";
import { drawWalk } from "./chain_plot.js";

const PACE = { base: 1200, perStep: 8.8, longest: 7500, budget: 9, patience: 250 };

export class Walker {
  constructor(root, rest, me, canvas, { drawHistogram, part, out, see }) {
    this.root = root;
    this.lower = rest;
    this.me = me;
    this.canvas = canvas;
    this.drawHistogram = drawHistogram;
    this.part = part;
    this.out = out;
    this.see = see;
    this.on = false;
    this.walk = null;
    this.walks = 0;
    this.running = false;
    this.rest = 0;
    // Where the present run began, when, and how long it takes.
    this.from = 0;
    this.began = 0;
    this.duration = 0;
    this.plot = rest.querySelector(".walkplot");
  }

  toggle() {
    this.on = !this.on;
    for (const half of [this.root, this.lower]) half.classList.toggle("is-walking", this.on);
    this.lower.querySelector('[data-do="step"]').setAttribute("aria-checked", String(this.on));
    if (this.on) this.restart();
    else this.running = false;
  }

  arrived() {
    return this.on && this.walk !== null && this.walk.k === this.me.t;
  }

  // Another picture or another schedule: what was walked is of no use.
  renew() {
    this.walk = null;
    if (this.on) this.restart();
  }

  // Another t: walk on if it lies ahead; if it lies behind, start anew once t has come to rest.
  follow() {
    clearTimeout(this.rest);
    if (!this.on || !this.walk) return;
    if (this.me.t >= this.walk.k) this.run();
    else {
      this.running = false;
      this.rest = setTimeout(() => this.on && this.restart(), PACE.patience);
      this.draw();
    }
  }

  restart() {
    clearTimeout(this.rest);
    const { x_0, alphaBars, seed } = this.me;
    if (!x_0 || !alphaBars || this.me.t === null) return;
    this.walk = new Walk(x_0, alphaBars, (seed + 7919 * ++this.walks) % 2 ** 32);
    this.run();
  }

  run() {
    const steps = this.me.t - this.walk.k,
      calm = isCalm();
    if (calm) return this.finish();
    Object.assign(this, {
      from: this.walk.k,
      began: performance.now(),
      duration: Math.min(PACE.longest, PACE.base + PACE.perStep * steps),
    });
    if (!this.running) {
      this.running = true;
      requestAnimationFrame(() => this.frame());
    }
  }

  frame() {
    if (!this.running || !this.on || !this.walk || !this.root.isConnected) return void (this.running = false);
    const share = Math.min(1, (performance.now() - this.began) / this.duration);
    this.walk.advance(Math.min(this.me.t, this.from + Math.floor(share * (this.me.t - this.from))), PACE.budget);
    this.running = this.walk.k < this.me.t;
    this.draw();
    if (this.running) requestAnimationFrame(() => this.frame());
  }

  finish() {
    if (!this.walk) return;
    this.running = false;
    this.walk.advance(this.me.t, 40 * PACE.budget);
    this.draw();
  }

  draw() {
    const { walk, me } = this;
    if (!this.on || !walk || !this.root.clientWidth) return;
    paint(this.canvas, walk.x, me.shape);
    this.see(this.canvas, "seen_walk", { k: walk.k, t: me.t });
    drawWalk(this.plot, me.alphaBars, walk.seen, me.t);
    this.drawHistogram();
    this.tell(walk.seen[walk.seen.length - 1] || walk.measure());
  }

  tell(seen) {
    const { walk, me } = this,
      fixed = (v) => (v === null ? "–" : v.toFixed(4).replace("-", "−")),
      done = walk.k === me.t;
    this.out("walk_k", walk.k);
    this.out("factor", fixed(seen.factor));
    this.out("factor_expected", fixed(seen.factorExpected));
    this.out("factor_error", seen.factorError === null ? "–" : `± ${fixed(seen.factorError)}`);
    this.out("variance", fixed(seen.variance));
    this.out("variance_expected", fixed(seen.varianceExpected));
    this.out("variance_error", `± ${fixed(seen.varianceError)}`);
    const { k, draws } = walk;
    this.part("progress", say(draws < k ? "forward.walk_merged" : "forward.walk_step", { k, t: me.t, draws }));
    const off = (value, expected, error) => (error > 0 ? Math.abs(value - expected) / error : 0).toFixed(1);
    const values = { variance: off(seen.variance, seen.varianceExpected, seen.varianceError) };
    if (seen.factor !== null) values.factor = off(seen.factor, seen.factorExpected, seen.factorError);
    const verdict =
      me.t === 0 ? "walk_zero" : !done ? "walk_going" : seen.factor === null ? "walk_landed_grey" : "walk_landed";
    this.part("verdict", say(`forward.${verdict}`, values));
    this.lower.querySelector('[data-do="at_once"]').disabled = done;
  }
}
