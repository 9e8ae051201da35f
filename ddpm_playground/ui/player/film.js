// The frames of one run, as halves. Over the budget every other one goes, evenly; the first and the newest stay.
const FILM_BYTES = 48 * 2 ** 20;
const halves = (text) => new Uint16Array(bytes(text).buffer);

class Film {
  constructor(shape, steps, budget = FILM_BYTES) {
    Object.assign(this, { shape, steps, budget, frames: [], stride: 1, seen: 0, bytes: 0 });
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
    let low = 0, high = this.frames.length - 1;
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

  // The frame whose prediction is shown with frame i: itself, or for x_0, of which nothing is predicted, the one before.
  predicting(i) {
    return this.frames[i].epsHat || i === 0 ? i : i - 1;
  }
}

// One frame and what follows from it: x_t, ε̂, x̂_0, mean, σz, in buffers that are used again for every frame.
// What cannot be had is null.
class Still {
  constructor(film, clip) {
    Object.assign(this, { film, clip });
    this.buffers = Array.from({ length: 5 }, () => new Float32Array(film.size));
  }

  // Frame i; mean and σz only if `deep`.
  look(i, deep) {
    const [x, epsHat, xHat0, mean, sigmaZ] = this.buffers, { film, clip } = this;
    const at = film.predicting(i), frame = film.frames[at], step = film.steps[frame.k];
    Object.assign(this, { frame: film.frames[i], source: frame, step, deep, epsHat: null, xHat0: null, mean: null, sigmaZ: null });
    if (!frame.epsHat || !step) return this;
    this.epsHat = decode(frame.epsHat, epsHat);
    decode(frame.x, x);
    if (!xHat0From(x, epsHat, step, clip, xHat0)) return this;
    this.xHat0 = xHat0;
    if (!deep || !meanFrom(x, epsHat, xHat0, step, clip, mean)) return this;
    this.mean = mean;
    const next = film.frames[at + 1];
    if (next && next.k === frame.k + 1) {
      decode(next.x, x);
      sigmaZFrom(x, mean, sigmaZ);
      this.sigmaZ = sigmaZ;
    }
    return this;
  }
}
const decode = (half, out) => {
  const table = halfTable();
  for (let i = 0; i < out.length; i++) out[i] = table[half[i]];
  return out;
};
