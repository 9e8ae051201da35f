// The frames of one run, as halves. Over the budget every other one goes, evenly; the first and the newest stay.
import { meanFrom, sigmaZFrom, xHat0From } from "../core/formulas.js";
import { decode } from "../core/half.js";
import { canThin, thin } from "../draw/picture_grid.js";

// Twenty frames of the largest kind that the server sends, which have 3 MiB each, and a little more.
export const FILM_BYTES = 72 * 2 ** 20;

export class Film {
  constructor(shape, steps, budget = FILM_BYTES) {
    this.shape = shape;
    this.steps = steps;
    this.budget = budget;
    this.frames = [];
    /** How many frames a recorded run has; 0 where they come as they are made. */
    this.total = 0;
    this.stride = 1;
    this.seen = 0;
    this.bytes = 0;
    this.size = shape.reduce((a, b) => a * b, 1);
  }

  // k counts steps; epsHat is null for x_0. A frame that is already here is left alone.
  add(k, x, epsHat) {
    const last = this.frames[this.frames.length - 1];
    if (last && k <= last.k) return;
    if (x.length !== this.size || (epsHat && epsHat.length !== this.size)) throw new Error(`frame ${k}: wrong size`);
    // The newest frame is always kept; once it is not the newest, only if it is its turn.
    if (last && last.order % this.stride) this.bytes -= this.weight(this.frames.pop());
    const frame = { k, x, epsHat, order: this.seen++ };
    this.frames.push(frame);
    this.bytes += this.weight(frame);
    while (this.bytes > this.budget && this.frames.length > 2) {
      this.stride *= 2;
      this.frames = this.frames.filter((f, i) => f.order % this.stride === 0 || i === this.frames.length - 1);
      this.bytes = this.frames.reduce((sum, f) => sum + this.weight(f), 0);
    }
  }

  weight(frame) {
    return frame.x.byteLength + (frame.epsHat ? frame.epsHat.byteLength : 0);
  }

  get length() {
    return this.frames.length;
  }

  get newest() {
    return this.frames[this.frames.length - 1];
  }

  // Index of the frame nearest to step k.
  nearest(k) {
    let low = 0,
      high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.frames[middle].k < k) low = middle + 1;
      else high = middle;
    }
    return low > 0 && k - this.frames[low - 1].k < this.frames[low].k - k ? low - 1 : low;
  }

  // t of a frame: where step k starts, or where the last one ends.
  tOf(frame) {
    return frame.k < this.steps.length ? this.steps[frame.k].t : this.steps[this.steps.length - 1].s;
  }

  // The frame whose prediction is shown with frame i: itself, or for x_0, of which nothing is predicted, the one
  // before.
  predicting(i) {
    return this.frames[i].epsHat || i === 0 ? i : i - 1;
  }
}

// One frame and what follows from it: x_t, ε̂, x̂_0, mean, σz, in buffers that are used again for every frame.
// What cannot be had is null.
export class Still {
  constructor(film, { clip, eps_matches: matches = true }) {
    const [N, C, H, W] = film.shape;
    this.film = film;
    this.clip = clip;
    this.matches = clip && matches;
    this.picture = { N, C, H, W };
    this.buffers = Array.from({ length: 5 }, () => new Float32Array(film.size));
    this.thinned = Array.from({ length: 4 }, () => new Uint16Array(canThin(this.picture) ? film.size / 4 : 0));
  }

  // Frame i; mean and σz only if `deep`. If `coarse`, of every second row and column.
  look(i, deep, coarse = false) {
    const { film, clip } = this,
      size = coarse ? film.size / 4 : film.size;
    const [x, epsHat, xHat0, mean, sigmaZ] = this.buffers.map((buffer) => buffer.subarray(0, size));
    const halvesOf = (values, place) => (coarse ? thin(values, this.picture, this.thinned[place]) : values);
    const at = film.predicting(i),
      frame = film.frames[at],
      step = film.steps[frame.k],
      own = halvesOf(film.frames[i].x, 0);
    Object.assign(this, {
      frame: film.frames[i],
      source: frame,
      step,
      deep,
      coarse,
      xHalves: own,
      epsHalves: null,
      epsHat: null,
      xHat0: null,
      mean: null,
      sigmaZ: null,
    });
    if (!frame.epsHat || !step) return this;
    this.epsHalves = halvesOf(frame.epsHat, 1);
    this.epsHat = decode(this.epsHalves, epsHat);
    decode(at === i ? own : halvesOf(frame.x, 2), x);
    if (!xHat0From(x, epsHat, step, clip, xHat0)) return this;
    this.xHat0 = xHat0;
    if (!deep || !meanFrom(x, epsHat, xHat0, step, this.matches, mean)) return this;
    this.mean = mean;
    const next = film.frames[at + 1];
    if (next && next.k === frame.k + 1) {
      decode(halvesOf(next.x, 3), x);
      sigmaZFrom(x, mean, sigmaZ);
      this.sigmaZ = sigmaZ;
    }
    return this;
  }
}
