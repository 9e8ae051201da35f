// Every formula that the browser computes. The only other place for a formula is core, and a test holds the two
// together to 1e-6. No DOM, no screen text. t is the paper's t: tables have T + 1 entries, and index 0 is clean data
// (ᾱ_0 = 1).

// Weights of x_0 and ε in x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε (Ho et al. 2020, eq. 4), the noise's variance, and SNR(t) = ᾱ_t
// / (1 − ᾱ_t).
export const signalWeight = (alphaBar) => Math.sqrt(alphaBar);
export const noiseVariance = (alphaBar) => 1 - alphaBar;
export const noiseWeight = (alphaBar) => Math.sqrt(noiseVariance(alphaBar));
export const snrOf = (alphaBar) => alphaBar / noiseVariance(alphaBar);

// Density of N(0, 1).
export const normalDensity = (v) => Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);

// x_t, with a and b the two weights.
export const blend = (out, x_0, a, eps, b) => {
  for (let i = 0; i < out.length; i++) out[i] = a * x_0[i] + b * eps[i];
  return out;
};

// α and β of one step s → t, which may be a stride: α = ᾱ_t / ᾱ_s, β = 1 − α (Ho et al. 2020, eq. 2 for s = t − 1).
export const stepBetween = (alphaBars, s, t) => {
  const alpha = alphaBars[s] > 0 ? alphaBars[t] / alphaBars[s] : 0;
  return { alpha, beta: Math.max(0, 1 - alpha) };
};

// x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t, kept within ±1 if `clip` (Ho et al. 2020, eq. 15).
// Returns false where ᾱ_t = 0: there ε̂ says nothing about x_0.
export const xHat0From = (xT, epsHat, step, clip, out) => {
  if (!(step.alpha_bar > 0)) return false;
  const inverse = 1 / signalWeight(step.alpha_bar),
    noise = noiseWeight(step.alpha_bar);
  for (let i = 0; i < out.length; i++) {
    const v = (xT[i] - noise * epsHat[i]) * inverse;
    out[i] = clip ? (v < -1 ? -1 : v > 1 ? 1 : v) : v;
  }
  return true;
};

// Mean of p_θ(x_s | x_t) = of_x_0 x̂_0 + of_x_t x_t + of_eps ε̂. With clipping, ε̂ is made to agree with the
// clipped x̂_0: (x_t − √ᾱ_t x̂_0) / √(1 − ᾱ_t). Returns false where the sampler has no such line.
export const meanFrom = (xT, epsHat, xHat0, step, clip, out) => {
  if (!step.coef || step.measured) return false; // of a measured row only the digits are known that are shown
  const [ofX0, ofXt, ofEps] = step.coef;
  const again = clip && ofEps !== 0 && step.alpha_bar < 1;
  const signal = signalWeight(step.alpha_bar),
    inverse = again ? 1 / noiseWeight(step.alpha_bar) : 0;
  for (let i = 0; i < out.length; i++) {
    const eps = again ? (xT[i] - signal * xHat0[i]) * inverse : epsHat[i];
    out[i] = ofX0 * xHat0[i] + ofXt * xT[i] + ofEps * eps;
  }
  return true;
};

// σ z = x_s − mean.
export const sigmaZFrom = (xS, mean, out) => {
  for (let i = 0; i < out.length; i++) out[i] = xS[i] - mean[i];
};

// What cannot be a schedule: `message` is a key of the screen's texts, `values` go into it.
export class NoSchedule extends Error {
  constructor(key, values = {}) {
    super(key);
    this.values = values;
  }
}

const tableOf = (T, of) => Float64Array.from({ length: T + 1 }, (_, t) => of(t));
// β_t = min(1 − ᾱ_t / ᾱ_{t−1}, max_beta) (Nichol & Dhariwal 2021, section 3.2), and 1 where ᾱ rests at 0.
export const ratio = (now, before) => (now === 0 && before === 0 ? 0 : now / before);
const betasFrom = (alphaBars, maxBeta = 1) =>
  alphaBars.map((now, t) => (t === 0 ? 0 : Math.min(maxBeta, Math.max(0, 1 - ratio(now, alphaBars[t - 1])))));
export const alphaBarsFrom = (betas) => {
  let product = 1;
  return betas.map((beta) => (product *= 1 - beta));
};
export const spaced = (T, start, end, of = (v) => v) =>
  tableOf(T, (t) => (t === 0 ? 0 : of(T === 1 ? start : start + ((end - start) * (t - 1)) / (T - 1))));
export const sigmoid = (u) => 1 / (1 + Math.exp(-u));

// β_0 = 0, β_1 … β_T of the named schedules; core's functions of the same names cite their papers.
export const SCHEDULES = {
  linear: (T, { beta_start, beta_end }) => spaced(T, beta_start, beta_end),
  scaled_linear: (T, { beta_start, beta_end }) => spaced(T, Math.sqrt(beta_start), Math.sqrt(beta_end), (v) => v * v),
  cosine: (T, { s, max_beta }) =>
    betasFrom(
      tableOf(T, (t) => Math.cos(((t / T + s) / (1 + s)) * (Math.PI / 2)) ** 2),
      max_beta,
    ),
  sigmoid: (T, { start, end, tau, clip_min }) => {
    if (!(start < end)) throw new NoSchedule("bad_ends", { start, end });
    const v = tableOf(T, (t) => sigmoid((start + (end - start) * (t / T)) / tau));
    return betasFrom(v.map((now) => Math.min(1, Math.max(clip_min, (v[T] - now) / (v[T] - v[0])))));
  },
  laplace: (T, { mu, b, tail }) => {
    const logSnr = (u) => mu - b * Math.sign(0.5 - u) * Math.log(Math.max(tail, 1 - 2 * Math.abs(u - 0.5)));
    return betasFrom(tableOf(T, (t) => (t === 0 ? 1 : sigmoid(logSnr(t / T)))));
  },
  constant: (T, { beta }) => tableOf(T, (t) => (t === 0 ? 0 : beta)),
};

// √ᾱ_t shifted and scaled so that ᾱ_T = 0 and ᾱ_1 stays (Lin et al. 2023, algorithm 1).
const zeroTerminalSnr = (betas) => {
  const roots = alphaBarsFrom(betas).map(Math.sqrt),
    first = roots[1],
    last = roots[roots.length - 1];
  if (roots.length === 2) throw new NoSchedule("one_step", { T: 1 });
  if (!(first > 0)) throw new NoSchedule("no_signal");
  if (!(first > last)) throw new NoSchedule("bad_rescale", { first: first ** 2 });
  return betasFrom(roots.map((root, t) => (t === 0 ? 1 : ((root - last) * (first / (first - last))) ** 2)));
};

// Every table of a schedule, T + 1 numbers each. β_t, β̃_t and α_t belong to a step, so they are NaN at t = 0;
// β̃_t = (1 − ᾱ_{t−1}) / (1 − ᾱ_t) β_t (Ho et al. 2020, eq. 7). log SNR is in nats.
export const tablesFrom = (betas) => {
  const T = betas.length - 1,
    alpha_bar = alphaBarsFrom(betas),
    snr = alpha_bar.map(snrOf),
    steps = (of) => tableOf(T, (t) => (t === 0 ? NaN : of(t)));
  return {
    beta: steps((t) => betas[t]),
    beta_tilde: steps((t) =>
      alpha_bar[t] < 1 ? (noiseVariance(alpha_bar[t - 1]) / noiseVariance(alpha_bar[t])) * betas[t] : 0,
    ),
    alpha: steps((t) => 1 - betas[t]),
    alpha_bar,
    sqrt_alpha_bar: alpha_bar.map(signalWeight),
    sqrt_one_minus_alpha_bar: alpha_bar.map(noiseWeight),
    snr,
    log_snr: snr.map(Math.log),
  };
};
/** Those of a schedule's β_t, with ᾱ_T = 0 if `zeroSnr`; refuses what is no schedule. */
export const checkedTables = (given, zeroSnr) => {
  const betas = zeroSnr ? zeroTerminalSnr(given) : given;
  const wrong = betas.findIndex((beta) => !(beta >= 0 && beta <= 1));
  if (wrong >= 0) throw new NoSchedule("bad_beta", { t: wrong, beta: betas[wrong] });
  return tablesFrom(betas);
};
export const scheduleTables = (name, T, params, zeroSnr) => checkedTables(SCHEDULES[name](T, params), zeroSnr);

// The smooth curve through (x_k, y_k) that rises and falls only where they do (Fritsch & Butland 1984), at whole
// numbers from x_0 to x_n: slopes are weighted harmonic means of the secants' beside them, one-sided at the ends.
export const monotoneCurve = (xs, ys) => {
  const n = xs.length - 1,
    width = (k) => xs[k + 1] - xs[k],
    secant = (k) => (ys[k + 1] - ys[k]) / width(k);
  const end = (h0, h1, d0, d1) => {
    const slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    return slope * d0 <= 0 ? 0 : d0 * d1 <= 0 && Math.abs(slope) > 3 * Math.abs(d0) ? 3 * d0 : slope;
  };
  const slopes = xs.map((_, k) => {
    if (n === 1) return secant(0);
    if (k === 0) return end(width(0), width(1), secant(0), secant(1));
    if (k === n) return end(width(n - 1), width(n - 2), secant(n - 1), secant(n - 2));
    const before = secant(k - 1),
      after = secant(k),
      w1 = 2 * width(k) + width(k - 1),
      w2 = width(k) + 2 * width(k - 1);
    return before * after <= 0 ? 0 : (w1 + w2) / (w1 / before + w2 / after);
  });
  const out = new Float64Array(xs[n] - xs[0] + 1);
  for (let k = 0, i = 0; i < out.length; i++) {
    while (k < n - 1 && xs[0] + i > xs[k + 1]) k++;
    const h = width(k),
      u = (xs[0] + i - xs[k]) / h,
      v = 1 - u;
    out[i] =
      ys[k] * (1 + 2 * u) * v * v +
      slopes[k] * h * u * v * v +
      ys[k + 1] * (1 + 2 * v) * u * u -
      slopes[k + 1] * h * v * u * u;
  }
  return out;
};

// β_t of a schedule whose curve is moved by `offsets` at the steps `knots` (from 1 to T) and smoothly between them: log
// SNR and ᾱ by what is added, β by e to that power. What comes out is made a schedule: ᾱ lies within [0, 1] and never
// rises; what is in the way of step `anchor` gives way, earlier steps upwards and later ones downwards.
const BENDS = {
  log_snr: (tables, by) => tables.log_snr.map((v, t) => (t === 0 ? 1 : sigmoid(v + by[t]))),
  alpha_bar: (tables, by) => tables.alpha_bar.map((v, t) => (t === 0 ? 1 : v + by[t])),
  beta: (tables, by) => alphaBarsFrom(tables.beta.map((v, t) => (t === 0 ? 0 : Math.min(1, v * Math.exp(by[t]))))),
};
export const bent = (tables, quantity, knots, offsets, anchor) => {
  const by = new Float64Array(tables.alpha_bar.length);
  by.set(monotoneCurve(knots, offsets), 1);
  const alphaBars = BENDS[quantity](tables, by).map((v) => Math.max(0, Math.min(1, v)));
  for (let t = anchor - 1; t > 0; t--) alphaBars[t] = Math.max(alphaBars[t], alphaBars[t + 1]);
  for (let t = anchor + 1; t < alphaBars.length; t++) alphaBars[t] = Math.min(alphaBars[t], alphaBars[t - 1]);
  return betasFrom(alphaBars);
};
