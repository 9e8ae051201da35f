// The numbers of the present step, and the line of the algorithm with these numbers in it.
// Mathematics is set from spans: a letter in its symbol's colour, subscript, fraction, root.
import { number } from "../core/number.js";
import { make, typeset } from "../page/dom.js";
import { say } from "../page/words.js";

export const letter = (base, low, colour) => {
  const node = make("span", "letter", make("i", "", base));
  if (low) node.append(make("sub", "", low));
  if (colour) node.style.setProperty("color", `var(--sym-${colour})`);
  return node;
};
export const upright = (text) => make("span", "op", text);
export const fraction = (over, under) =>
  make("span", "fraction", make("span", "", ...over), make("span", "", ...under));
export const root = (...inside) => make("span", "root", make("span", "sign", "√"), make("span", "under", ...inside));
export const alphaBar = (low) => letter("ᾱ", low);

export class Readout {
  constructor(box) {
    this.tiles = box.querySelector(".tiles");
    this.line = box.querySelector(".line");
    this.remark = box.querySelector(".remark");
    /** @type {import("../protocol").StepNumbers[]} */
    this.steps = [];
    this.addNoise = true;
    this.clip = false;
    /** Where the numbers stand, in the tiles and in the line. @type {Record<string, HTMLElement>} */
    this.values = {};
    /** @type {Record<string, HTMLElement>} */
    this.live = {};
    /** Least and most of a σ that is the network's own, by step. @type {Record<number, [number, number]>} */
    this.spans = {};
    this.start([], {});
  }

  // A run begins: which tiles there are, and which form the line has.
  start(steps, { add_noise: addNoise = true, clip = false, eps_matches: matches = true, badge = "live" }) {
    Object.assign(this, { steps, addNoise, clip: clip && (matches ? "clip" : "clip_alone"), live: {}, spans: {} });
    const has = (test) => steps.length === 0 || steps.some(test);
    const keys = ["t", "alpha_bar", "snr", ...(has((s) => s.sigma !== null || s.own_sigma) ? ["sigma"] : [])];
    if (has((s) => s.line4)) keys.push("inverse", "factor");
    if (badge === "live") keys.push("left");
    this.values = {};
    this.tiles.replaceChildren(
      ...keys.map((key) => {
        const value = (this.values[key] = make("dd", "", "–"));
        const tile = make("div", `tile tile-${key}`, make("dt", "", ...typeset(say(`player.tile_${key}`))), value);
        tile.title = say(`player.hint_${key}`);
        return tile;
      }),
    );
    const coefs = steps.map((s) => s.coef).filter(Boolean);
    this.form = has((s) => s.line4)
      ? "ddpm"
      : !coefs.length
        ? null
        : has((s) => s.measured)
          ? "measured"
          : coefs.every((c) => c[1] === 0)
            ? "ddim"
            : "posterior";
    this.strided = steps.some((s) => s.s !== s.t - 1);
    this.formula = this.form ? this[this.form]() : [];
    this.line.replaceChildren(...(this.form ? this.formula : [this.words()]));
  }

  // What the network said of σ in steps that have been taken: step, and over the pixels its mean, least and most.
  learn(sigmas) {
    for (const [k, mean, least, most] of sigmas) {
      if (this.steps[k]) this.steps[k].sigma = mean;
      this.spans[k] = [least, most];
    }
  }

  // One term of the line with its live number beneath.
  term(key, ...glyphs) {
    const value = (this.live[key] = make("span", "live", ["eps", "x0", "z"].includes(key) ? "" : "–"));
    return make("span", `term term-${key}`, make("span", "glyphs", ...glyphs), value);
  }

  words() {
    return make("span", "words", ...typeset(say("player.no_formula")));
  }

  noiseTerms() {
    return [upright("+"), this.term("sigma", letter("σ", "t", "sigma-z")), this.term("z", letter("z", "", "sigma-z"))];
  }

  ddpm() {
    const s = this.strided ? "s" : "t−1";
    const factor = fraction([upright("1 − "), letter("α", "t")], [root(upright("1 − "), alphaBar("t"))]);
    const network = [
      letter("ε", "θ", "eps"),
      upright("("),
      letter("x", "t", "x-t"),
      upright(", "),
      letter("t", ""),
      upright(")"),
    ];
    return [
      make("span", "group", this.term("s", letter("x", s, "x-t")), upright("=")),
      make(
        "span",
        "group",
        this.term("inverse", fraction([upright("1")], [root(letter("α", "t"))])),
        make("span", "paren", "("),
        this.term("t", letter("x", "t", "x-t")),
        upright("−"),
        this.term("factor", factor),
        this.term("eps", ...network),
        make("span", "paren", ")"),
      ),
      make("span", "group", ...this.noiseTerms()),
    ];
  }

  ddim() {
    const under = [upright("1 − "), alphaBar("s"), upright(" − "), letter("σ", "t", "sigma-z"), make("sup", "", "2")],
      predicted = this.term("eps", letter("ε̂", "", "eps"));
    return [
      make("span", "group", this.term("s", letter("x", "s", "x-t")), upright("=")),
      make("span", "group", this.term("ofX0", root(alphaBar("s"))), this.term("x0", letter("x̂", "0", "x-hat-0"))),
      make("span", "group", upright("+"), this.term("ofEps", root(...under)), predicted),
      make("span", "group", ...this.noiseTerms()),
    ];
  }

  posterior() {
    const beta = [upright("1 − "), letter("α", "t")],
      under = () => [upright("1 − "), alphaBar("t")];
    return [
      make("span", "group", this.term("s", letter("x", "s", "x-t")), upright("=")),
      make(
        "span",
        "group",
        this.term("ofX0", fraction([root(alphaBar("s")), upright("("), ...beta, upright(")")], under())),
        this.term("x0", letter("x̂", "0", "x-hat-0")),
      ),
      make(
        "span",
        "group",
        upright("+"),
        this.term("ofXt", fraction([root(letter("α", "t")), upright("(1 − "), alphaBar("s"), upright(")")], under())),
        this.term("t", letter("x", "t", "x-t")),
      ),
      make("span", "group", ...this.noiseTerms()),
    ];
  }

  // What was found by taking the step: only those terms that some step of the chain has.
  measured() {
    const has = (test) => this.steps.some(test);
    this.ago = make("span");
    const added = (...terms) => make("span", "group", upright("+"), ...terms);
    return [
      make("span", "group", this.term("s", letter("x", "s", "x-t")), upright("=")),
      make("span", "group", this.term("ofX0", letter("a", "t")), this.term("x0", letter("x̂", "0", "x-hat-0"))),
      added(this.term("ofXt", letter("b", "t")), this.term("t", letter("x", "t", "x-t"))),
      ...(has((s) => s.coef && s.coef[2])
        ? [added(this.term("ofEps", letter("c", "t")), this.term("eps", letter("ε̂", "", "eps")))]
        : []),
      ...(has((s) => s.earlier && s.earlier.length)
        ? [added(this.term("earlier", make("span", "said", say("player.earlier")), this.ago))]
        : []),
      ...(has((s) => s.sigma) ? [make("span", "group noise", ...this.noiseTerms())] : []),
    ];
  }

  // The numbers of step k; k = steps.length is x_0, after the last step.
  show(k, left) {
    const arrived = k >= this.steps.length;
    /** @type {Partial<import("../protocol").StepNumbers>} */
    const step = arrived ? { t: this.steps[this.steps.length - 1].s, alpha_bar: 1, snr: null } : this.steps[k];
    const [inverse, factor] = step.line4 || [],
      [ofX0, ofXt, ofEps] = step.coef || [];
    const snr = step.alpha_bar === 1 ? Infinity : step.snr;
    const arrow = arrived ? String(step.t) : `${step.t} → ${step.s}`;
    const set = (nodes, key, text) => nodes[key] && nodes[key].textContent !== text && (nodes[key].textContent = text);
    const shown = { alpha_bar: step.alpha_bar, snr, sigma: step.sigma, inverse, factor };
    for (const key of Object.keys(shown)) set(this.values, key, number(shown[key]));
    const span = arrived ? undefined : this.spans[k];
    if (span) set(this.values, "sigma", `${number(step.sigma)} (${span.map((value) => number(value)).join("…")})`);
    set(this.values, "t", arrow);
    set(this.values, "left", left);
    const live = { inverse, factor, sigma: step.sigma, ofX0, ofXt, ofEps };
    for (const key of Object.keys(live)) set(this.live, key, number(live[key]));
    const shares = (step.earlier || []).map((share) => number(share)).join(", ");
    set(this.live, "earlier", arrived ? "–" : shares || "0");
    if (this.form === "measured") {
      this.ago.replaceChildren(step.earlier_eps ? letter("ε̂", "", "eps") : letter("x̂", "0", "x-hat-0"));
      const isLine = arrived || step.coef;
      if (Boolean(isLine) !== (this.line.firstChild === this.formula[0]))
        this.line.replaceChildren(...(isLine ? this.formula : [this.words()]));
    }
    set(this.live, "s", arrived ? "–" : `${this.strided || this.form !== "ddpm" ? "s" : "t−1"} = ${step.s}`);
    set(this.live, "t", `t = ${step.t}`);
    set(this.live, "z", step.s === 0 ? "0" : "");
    const hasNoise = this.form !== "measured" || "sigma" in this.live;
    this.line.classList.toggle("without-noise", hasNoise && (arrived || !step.sigma || step.s === 0));
    const text = this.remarks(step, arrived).join(" · ");
    if (this.remark.dataset.text === text) return;
    this.remark.dataset.text = text;
    this.remark.replaceChildren(...typeset(text));
  }

  measuredRemarks(step, arrived) {
    return [
      say("player.remark_measured"),
      ...(step.earlier && step.earlier.length ? [say("player.remark_earlier")] : []),
      ...(this.clip ? [say("player.remark_clip_x0")] : []),
      ...(arrived ? [say("player.remark_arrived")] : []),
    ];
  }

  remarks(step, arrived) {
    if (!this.form || (this.form === "measured" && !arrived && !step.coef)) return [];
    if (this.form === "measured") return this.measuredRemarks(step, arrived);
    const source = this.form === "ddpm" && this.strided ? "stride" : this.form;
    return [
      say(`player.remark_${source}`),
      ...(this.clip ? [say(`player.remark_${this.clip}`)] : []),
      ...(step.own_sigma ? [say("player.remark_own_sigma")] : []),
      ...(arrived ? [say("player.remark_arrived")] : step.s === 0 ? [say("player.remark_last")] : []),
      ...(this.addNoise ? [] : [say("player.remark_no_noise")]),
    ];
  }
}
