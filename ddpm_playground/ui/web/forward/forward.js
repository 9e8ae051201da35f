// Forward noising: x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε at any t, all here; Python sends picture and noise.
import { base64, float32 } from "../core/base64.js";
import { blend, noiseWeight, signalWeight } from "../core/formulas.js";
import { number } from "../core/number.js";
import { paint } from "../draw/canvas.js";
import { finder, opened } from "../page/dom.js";
import { nextFrame, onGround, onResize } from "../page/life.js";
import { tellRefusal } from "../page/refused.js";
import { isAwaited, onSchedules, shownSchedules, tried } from "../page/schedules.js";
import { moveT, onT, settings, wantedT } from "../page/settings.js";
import { say } from "../page/words.js";
import { Walker } from "./chain_view.js";
import { drawings, sources } from "./drawing.js";
import { Histogram } from "./histogram.js";
import { Numbers } from "./numbers.js";
import { Reel } from "./reel.js";

// The sum, its numbers and its plots stand beneath what x_0 and ε are made of, so that this is right under the film.
const moveRest = (box) => {
  const place = document.querySelector("#forward-rest .forward-rest");
  if (place) place.replaceChildren(box);
  else if (document.getElementById("forward-rest")) requestAnimationFrame(() => moveRest(box));
};

const PANES = ["x_0", "part_x_0", "part_eps", "x_t", "walk"];

/** @param {Component} component */
export function mount(component) {
  const { element, watch } = component,
    stage = new Stage(component);
  drawings.listen(element, (drawing) => stage.takeDrawing(drawing));
  onT(element, (t) => stage.state.alphaBars && stage.moveTo(t, false));
  onResize(stage.root, () => {
    stage.redraw("reel");
    stage.walker.draw();
  });
  onGround(element, () => {
    stage.redraw();
    stage.walker.draw();
  });
  watch("value", () => stage.receive());
  stage.receive();
  onSchedules(component, [], () => stage.reschedule());
}

class Stage {
  /** @param {Component} component */
  constructor(component) {
    const { root } = opened(component.element, ".forward"),
      { root: rest } = opened(component.element, "[data-place=rest] .forward"),
      find = finder(root, rest);
    moveRest(rest.parentElement);
    this.component = component;
    this.root = root;
    this.rest = rest;
    this.find = find;
    this.panes = Object.fromEntries(PANES.map((name) => [name, find(`[data-pane="${name}"]`).querySelector("canvas")]));
    this.slider = find(".reel input");
    this.field = find(".nudge input");
    this.gate = find(".gate canvas");
    this.histogram = new Histogram(find(".histogram"));
    this.reel = new Reel(root);
    this.numbers = new Numbers(find);
    this.state = { shape: null, x_0: null, eps: null, x_t: null, alphaBars: null, T: 0, t: null, caption: "", seed: 0 };
    this.stale = { source: true, reel: true };
    this.drawSoon = nextFrame(() => this.draw());
    this.walker = new Walker(root, rest, this.state, this.panes.walk, {
      drawHistogram: () => this.drawHistogram(),
      part: (name, text) => this.numbers.part(name, text),
      out: (name, text) => this.numbers.out(name, text),
      see: (canvas, key, values) => this.numbers.see(canvas, key, values),
    });
    this.hearT();
    this.hearButtons();
  }

  isReady() {
    const { x_0, eps, alphaBars, t } = this.state;
    return x_0 && eps && alphaBars && eps.length === x_0.length && t !== null;
  }

  /** Draws with the next frame; the film and x_0 only where they changed. */
  redraw(changed = "t") {
    if (changed === "source") this.stale.source = this.stale.reel = true;
    if (changed === "reel") this.stale.reel = true;
    this.drawSoon();
  }

  draw() {
    const { root, rest, state, panes, walker } = this;
    // In a hidden tab nothing is drawn; `onResize` asks again once the tab is seen.
    if (!this.component.element.isConnected || !this.isReady() || !root.clientWidth) return;
    for (const half of [root, rest]) half.classList.remove("is-empty");
    const { t, T } = state,
      alphaBar = state.alphaBars[t],
      at = { t, T, alphaBar, a: signalWeight(alphaBar), b: noiseWeight(alphaBar) };
    this.paint(at);
    this.numbers.show(at);
    this.numbers.describe(panes, this.reel.canvas, at, state.caption, walker.on);
    this.drawHistogram();
    this.showT(t, T);
  }

  paint({ a, b }) {
    const { state, panes, stale } = this,
      { shape } = state;
    blend(state.x_t, state.x_0, a, state.eps, b);
    if (stale.source) paint(panes.x_0, state.x_0, shape);
    if (stale.reel) this.reel.draw(state);
    this.reel.tell(state);
    stale.source = stale.reel = false;
    paint(panes.part_x_0, state.x_0, shape, a);
    paint(panes.part_eps, state.eps, shape, b);
    paint(panes.x_t, state.x_t, shape);
    copy(this.gate, panes.x_t);
  }

  showT(t, T) {
    const { slider, field } = this;
    slider.max = field.max = T;
    slider.value = t;
    if (document.activeElement !== field) field.value = t;
    slider.setAttribute("aria-valuetext", say("forward.at_t", { t }));
    this.root.style.setProperty("--at", String(T ? t / T : 0));
    this.find(".flag").textContent = say("forward.at_t", { t });
  }

  drawHistogram() {
    const { histogram, state, walker } = this,
      { mean, deviation } = histogram.draw(state.x_t, walker.on && walker.walk ? walker.walk.x : null),
      values = { t: state.t, mean: number(mean, 2), deviation: number(deviation, 2) };
    this.numbers.see(histogram.canvas, "seen_histogram", values);
  }

  /** t, moved here (`mine`) or by another view of the page. */
  moveTo(t, mine) {
    const { state } = this,
      at = Math.max(0, Math.min(state.T, Math.round(t)));
    if (!Number.isFinite(at) || at === state.t) return;
    state.t = at;
    this.redraw();
    this.walker.follow();
    if (mine) moveT(at, this.component.element);
  }

  hearT() {
    const { slider, field } = this;
    slider.addEventListener("input", () => this.moveTo(+slider.value, true));
    field.addEventListener("input", () => field.value !== "" && this.moveTo(+field.value, true));
    field.addEventListener("blur", () => {
      field.value = this.state.t;
    });
  }

  hearButtons() {
    const { walker, state } = this;
    const actions = {
      less: () => this.moveTo(state.t - 1, true),
      more: () => this.moveTo(state.t + 1, true),
      step: () => {
        walker.toggle();
        this.redraw("reel");
      },
      again: () => walker.restart(),
      at_once: () => walker.finish(),
      denoise: () => this.denoise(),
    };
    const pressed = (event) => {
      const target = /** @type {HTMLElement} */ (event.target),
        button = /** @type {HTMLElement | null} */ (target.closest("[data-do]"));
      if (button) actions[button.dataset.do]();
    };
    for (const half of [this.root, this.rest]) half.addEventListener("click", pressed);
  }

  /** Reverse goes on from the picture at t, the walk's where it has arrived there. */
  denoise() {
    if (!this.isReady()) return;
    const walked = this.walker.arrived(),
      { t, shape, label, alphaBars, x_t } = this.state;
    this.component.trigger("denoise", {
      t,
      shape,
      label,
      repeatable: !walked && label !== "none",
      alpha_bar: alphaBars[t],
      x_t: base64(walked ? this.walker.walk.x : x_t),
    });
  }

  receive() {
    const { value } = this.component.props,
      { state } = this;
    if (!value) return;
    const { x_0, eps, shape, caption, label, seed } = JSON.parse(value);
    Object.assign(state, { x_0: float32(x_0), eps: float32(eps), shape, caption, label, seed });
    if (!state.x_t || state.x_t.length !== state.x_0.length) state.x_t = new Float32Array(state.x_0.length);
    sources.tell({ caption, isOwn: label === "none" }, this.component.element);
    this.redraw("source");
    this.walker.renew();
  }

  /** A drawing is x_0 at once; Python hears of it too and confirms. */
  takeDrawing({ x_0, caption }) {
    const { state } = this,
      { element } = this.component;
    if (!state.x_0 || state.x_0.length !== x_0.length || state.shape[0] !== 1) return;
    Object.assign(state, { x_0, caption, label: "none" });
    sources.tell({ caption, isOwn: true }, element);
    if (element.getBoundingClientRect().top < 0) element.scrollIntoView();
    this.redraw("source");
    this.walker.renew();
  }

  /** The settings' own schedule, if they make one; else why not. */
  reschedule() {
    const { state } = this;
    const tell = (problem) => {
      tellRefusal(this.find(".problem"), problem, !!state.alphaBars);
      const isRefused = !state.alphaBars && !!problem && !isAwaited(problem);
      for (const half of [this.root, this.rest]) half.classList.toggle("is-refused", isRefused);
    };
    const [own] = tried(() => shownSchedules(settings), tell) || [];
    if (!own) return;
    tell(null);
    if (own.tables.alpha_bar === state.alphaBars) return;
    state.alphaBars = own.tables.alpha_bar;
    state.T = state.alphaBars.length - 1;
    state.t = Math.min(wantedT(settings.t), state.T);
    this.redraw("reel");
    this.walker.renew();
  }
}

/** The gate shows x_t at the size of one frame. */
const copy = (to, from) => {
  if (to.width !== from.width || to.height !== from.height)
    Object.assign(to, { width: from.width, height: from.height });
  to.getContext("2d").drawImage(from, 0, 0);
};
