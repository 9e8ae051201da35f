// Algorithm 1 in the page: what the reader asks for goes to the run, what the run tells is drawn. Every message is
// complete, so one that is missed is not missed.
import { float32 } from "../core/base64.js";
import { plotlyFor } from "../draw/plots.js";
import { opened } from "../page/dom.js";
import { isCalm, onGround, onResize } from "../page/life.js";
import { isServerThere, onReach } from "../page/reach.js";
import { Pace } from "../page/pace.js";
import { ask, newName } from "../page/server.js";
import { areRestored, onSettings, remember, settings } from "../page/settings.js";
import { sparingly } from "../page/sparing.js";
import { say } from "../page/words.js";
import { dressFor, offerData } from "./data_choice.js";
import { lossKeys } from "./keys.js";
import { drawLosses } from "./loss_plots.js";
import { showMemory } from "./memory.js";
import { OwnSet } from "./own_set.js";
import { drawPlane } from "./plane.js";
import { RunSettings } from "./run_settings.js";
import { hintOf, NOTHING_YET, stateOf, viewOf } from "./run_view.js";

const LEAST_DRAWN = 8;

/** @param {Component} component */
export function mount(component) {
  const training = new Training(component);
  component.watch("value", () => training.receive());
  onSettings(component.element, [], () => training.restore());
  onReach(component.element, (isReached) => isReached || training.lose());
  onResize(training.root, () => training.resized());
  onGround(component.element, () => training.draw());
}

class Training {
  /** @param {Component} component */
  constructor(component) {
    const { root, find } = opened(component.element, ".train");
    this.component = component;
    this.root = root;
    this.find = find;
    this.start = JSON.parse(component.props.value || "");
    this.visitor = `${Date.now()}-${newName()}`;
    this.canvas = find(".field canvas");
    this.sheet = find(".sheet");
    this.problem = find(".problem");
    this.at = find(".at");
    this.form = new RunSettings(find, this.start);
    // The latest of what the run has told, all of it together; null before it has.
    this.latest = null;
    this.token = "";
    this.run = 0;
    this.waiting = false;
    this.changedAt = null;
    this.seen = false;
    this.pace = new Pace();
    this.shows = false; // whether this run is a short one that nobody asked for
    this.wish = "";
    this.drawSoon = sparingly(() => this.draw());
    this.drawn = new OwnSet(this.canvas, this.start, {
      isOn: () => this.form.data === "drawn",
      began: () => this.drawAnew(),
      grew: () => this.draw(),
      ended: () => this.press(),
    });
    offerData(find(".data"), this.start.data, (name) => void (this.choose(name), this.remember()));
    this.hearButtons();
    this.hearForm();
    find(".loss-keys").append(...lossKeys());
    this.showT();
  }

  isGoing() {
    return this.latest && this.latest.state === "running";
  }

  isAlive() {
    const { latest } = this;
    return latest && latest.run === this.run && latest.state !== "failed" && !this.waiting;
  }

  /** What the run on screen has told; null where it is another one's. */
  get shown() {
    return this.latest && this.latest.run === this.run ? this.latest : null;
  }

  begin(then) {
    this.shows = then === "show";
    this.wish = "";
    this.run += 1;
    this.changedAt = null;
    this.latest = null;
    this.waiting = true;
    this.problem.textContent = this.find(".badge").textContent = "";
    const { visitor, run, form } = this,
      { rate, ...values } = form.values;
    this.component.trigger("begin", {
      visitor,
      run,
      then,
      ...values,
      learning_rate: rate,
      t: +this.at.value,
      points: values.data === "drawn" ? this.drawn.points : null,
    });
    this.press();
  }

  /** What the run of this page is to do. */
  command(what, value = null) {
    return ask(() => this.component.server.do({ token: this.token, what, value }), { line: this.problem });
  }

  /** Something moves when the tab is seen for the first time with nothing chosen. */
  show() {
    if (!this.seen || this.latest || this.waiting || this.form.changed() || settings.train) return;
    if (areRestored() && isServerThere() && !isCalm() && this.root.clientWidth) this.begin("show");
  }

  /** Makes the reader's own of a run that began by itself; one that is only beginning hears of it when it has begun. */
  want(what, whenItGoes = what) {
    const isOwn = !this.shows,
      goes = this.isGoing() && isOwn;
    this.shows = false;
    this.wish = !isOwn && this.waiting ? what : "";
    this.press();
    if (this.wish) return;
    if (this.isAlive()) this.command(goes ? whenItGoes : what);
    else this.begin(what);
  }

  hearButtons() {
    const onClick = (name, deed) => this.find(name).addEventListener("click", deed);
    onClick(".go", () => this.want("resume", "pause"));
    onClick(".step", () => this.want("single_step"));
    onClick(".reset", () => this.begin("pause"));
    onClick(".save", () => this.component.trigger("download", { token: this.token }));
    onClick(".reverse", () => this.component.trigger("keep", { token: this.token }));
  }

  hearForm() {
    const { form, at } = this;
    form.slider.addEventListener("input", () => {
      form.showRate();
      this.remember();
      if (this.isAlive()) this.command("learning_rate", form.rate);
    });
    form.schedule.addEventListener("change", () => {
      this.remember();
      if (!this.isAlive()) return;
      this.changedAt = this.latest.step || null;
      this.command("schedule", form.schedule.value);
    });
    form.seed.addEventListener("change", () => this.remember());
    form.levers.hear((name) => this.moved(name));
    form.mixture.moved = () => (this.moved("own"), this.draw());
    at.addEventListener("input", () => (this.showT(), this.isAlive() && this.command("t", +at.value)));
  }

  /** Of these numbers the steps alone can become others on the way: with others of the rest a run begins anew. */
  moved(name) {
    this.remember();
    if (name === "T") this.showT();
    if (name !== "steps" && (this.latest || this.waiting)) this.release();
    if (name === "steps" && this.isAlive()) this.command("steps", this.form.levers.values.steps);
    if (name === "n") this.draw();
  }

  remember() {
    remember("train", this.form.changed(), this.component.element);
  }

  choose(name, anew = true) {
    this.form.data = name;
    dressFor(this.root, this.find, name);
    if (anew) this.release();
  }

  /** The run that is shown belongs to other data: it ends. */
  release() {
    if (this.latest || this.waiting) this.command("end");
    this.run += 1;
    this.latest = null;
    this.waiting = this.shows = false;
    this.wish = "";
    this.problem.textContent = this.find(".badge").textContent = "";
    this.draw();
    this.press();
  }

  /** A run learns the points that were there when it began: with others to come, it ends. */
  drawAnew() {
    if (!this.latest && !this.waiting) return;
    this.drawn.points = [];
    this.release();
  }

  /** What the address names, once it is known, unless the reader was quicker. */
  restore() {
    if (this.latest || this.waiting) return;
    this.form.restore(settings.train || "");
    if (this.seen) this.choose(this.form.data);
    this.show();
  }

  showT() {
    this.at.max = String(this.form.levers.values.T);
    this.find(".t b").textContent = this.at.value;
  }

  /** Buttons and lines, as the run stands. */
  press() {
    const { find, shown, form } = this,
      own = shown && !this.shows,
      waiting = this.waiting && !this.shows,
      going = this.isGoing() && own;
    find(".go").textContent = say(going ? "train.pause" : own && shown.step ? "train.resume" : "train.start");
    const empty = form.data === "drawn" && this.drawn.points.length < LEAST_DRAWN;
    for (const name of [".go", ".step", ".reset"])
      find(name).disabled = waiting || empty || (shown && shown.state === "limit" && name !== ".reset");
    find(".save").disabled = find(".reverse").disabled = !shown || !shown.step;
    find(".hint").textContent = hintOf(shown, form.data, this.changedAt);
    find(".state").setAttribute("aria-live", this.isGoing() ? "off" : "polite");
    find(".state").textContent = stateOf(shown, this.waiting);
  }

  /** The points in the plane, flat: those that are trained on, once there are such. */
  points() {
    const { shown, start, form } = this;
    if (shown && shown.view) return shown.view.data;
    if (form.data === "drawn") return this.drawn.points.flat();
    return start.sets[form.data] ? float32(start.sets[form.data]).subarray(0, 2 * form.levers.values.n) : [];
  }

  draw() {
    const { root, start, shown, canvas, pace } = this,
      { data } = this.form;
    if (!root.clientWidth) return null;
    root.classList.toggle("is-blank", data === "drawn" && !this.drawn.points.length);
    if (data !== "digits") {
      drawPlane(canvas, start.reach, this.points(), (shown && shown.view) || null);
      if (data === "own") this.form.mixture.draw();
      if (shown && shown.view) canvas.setAttribute("aria-label", say("train.seen", { step: shown.viewed, t: shown.t }));
    }
    const Plotly = plotlyFor(this.find(".status"), () => this.draw()),
      { T } = this.form.levers.values;
    if (Plotly) drawLosses(pace, Plotly, root, start.figures, shown && shown.curve ? shown : { ...NOTHING_YET, T });
    if (data !== "digits") showMemory(this.find, shown);
    return pace.done();
  }

  resized() {
    // What nobody asked for ends when nobody looks.
    if (!this.root.clientWidth && this.shows && (this.latest || this.waiting)) this.release();
    if (!this.root.clientWidth) return;
    if (!this.seen) {
      this.seen = true;
      this.choose(this.form.data, !this.latest && !this.waiting); // a quick reader's run goes on
    }
    this.draw();
    this.show();
  }

  /** The server has gone, and the run with it: what it has told stays. */
  lose() {
    if (!this.waiting && !this.isGoing()) return;
    Object.assign(this, { waiting: false, wish: "", latest: this.latest && { ...this.latest, state: "failed" } });
    this.problem.textContent = say("app.unreachable");
    this.press();
  }

  receive() {
    if (!this.component.props.value) return;
    const message = JSON.parse(this.component.props.value);
    if (message.visitor !== this.visitor || message.run !== this.run) return;
    this.token = message.token || "";
    this.waiting = message.state === "waiting";
    if (this.waiting) return void (this.find(".state").textContent = say("turns.waiting", { place: message.place }));
    // What is the same as before is not sent again.
    this.latest = { ...(this.latest || {}), ...message };
    if (message.samples) this.latest.view = viewOf(message);
    const { sheet, viewed: step } = message;
    if (sheet && this.form.data === "digits")
      Object.assign(this.sheet, { hidden: false, src: sheet, alt: say("train.seen_sheet", { step }) });
    this.problem.textContent = message.problem || "";
    this.showProgress();
    if (this.wish) this.command(this.wish);
    this.wish = "";
    if (message.curve) this.drawSoon();
  }

  showProgress() {
    const { dataset } = this.root,
      { latest } = this;
    dataset.step = String(latest.step || 0);
    dataset.updates = String(+(dataset.updates || 0) + 1);
    dataset.state = latest.state || "";
    this.press();
    this.find(".badge").textContent = say("train.badge", { step: latest.viewed || 0 });
  }
}
