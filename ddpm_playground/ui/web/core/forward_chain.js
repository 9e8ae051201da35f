// x_0 → x_1 → … → x_t with fresh noise at every step, and what is measured on the way.
import { noiseVariance, noiseWeight, signalWeight, stepBetween } from "./formulas.js";

export class Normals {
  // sfc32 seeded by splitmix32; Box–Muller makes two normals of two uniforms.
  constructor(seed) {
    let s = seed >>> 0;
    const mixed = () => {
      s = (s + 0x9e3779b9) | 0;
      let z = s ^ (s >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) | 0;
    };
    this.a = mixed();
    this.b = mixed();
    this.c = mixed();
    this.d = 1;
    this.spare = null;
    for (let i = 0; i < 12; i++) this.bits();
  }

  bits() {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  next() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    // (0, 1], so that the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / 4294967296)),
      angle = (2 * Math.PI * this.bits()) / 4294967296;
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

export class Walk {
  constructor(x_0, alphaBars, seed) {
    this.x_0 = x_0;
    this.alphaBars = alphaBars;
    this.x = x_0.slice();
    this.k = 0;
    this.draws = 0;
    this.cost = 0;
    this.seen = [];
    this.normals = new Normals(seed);
    this.energy = x_0.reduce((sum, v) => sum + v * v, 0);
  }

  // One draw from q(x_s | x_k) = N(√(ᾱ_s/ᾱ_k) x_k, (1 − ᾱ_s/ᾱ_k) I); formulas.js has α and β.
  step(s) {
    const { alpha, beta } = stepBetween(this.alphaBars, this.k, s),
      a = Math.sqrt(alpha),
      b = Math.sqrt(beta),
      { x, normals } = this;
    for (let i = 0; i < x.length; i++) x[i] = a * x[i] + b * normals.next();
    this.k = s;
    this.draws++;
  }

  // On to step `to` within about `budget` ms: single steps, or as many at a time as the budget asks for.
  advance(to, budget) {
    if (to <= this.k) return;
    const began = performance.now(),
      before = this.draws,
      room = this.cost ? Math.max(1, Math.floor(budget / this.cost)) : to - this.k;
    const stride = Math.ceil((to - this.k) / room);
    while (this.k < to) {
      const late = performance.now() - began > 2 * budget;
      this.step(late ? to : Math.min(to, this.k + stride));
    }
    this.cost = (performance.now() - began) / (this.draws - before);
    this.seen.push(this.measure());
  }

  // How much of x_0 is left (regression of x on x_0) and the variance of the rest, with their standard errors.
  measure() {
    const { x, x_0, energy, k } = this,
      alphaBar = this.alphaBars[k];
    let dot = 0,
      squares = 0;
    for (let i = 0; i < x.length; i++) {
      dot += x[i] * x_0[i];
      squares += x[i] * x[i];
    }
    const grey = energy < 1e-9,
      factor = grey ? null : dot / energy,
      free = Math.max(1, x.length - (grey ? 0 : 1));
    const variance = Math.max(0, squares - (grey ? 0 : factor * dot)) / free;
    return {
      k,
      factor,
      variance,
      factorExpected: signalWeight(alphaBar),
      varianceExpected: noiseVariance(alphaBar),
      factorError: grey ? null : noiseWeight(alphaBar) / Math.sqrt(energy),
      varianceError: noiseVariance(alphaBar) * Math.sqrt(2 / free),
    };
  }
}
