// The player of a reverse chain: gathers the frames that Python sends, and plays them without asking it again.
import { halves } from "../core/base64.js";
import { canThin, halfBytes } from "../draw/picture_grid.js";
import { opened } from "../page/dom.js";
import { isCalm, nextFrame, onGround } from "../page/life.js";
import { isServerThere, onReach } from "../page/reach.js";
import { say, sayNote } from "../page/words.js";
import { Arrivals } from "../page/arrivals.js";
import { Film, FILM_BYTES, Still } from "./frames.js";
import { Decoded } from "./decoded.js";
import { choosePanels } from "./panel_choice.js";
import { Panels } from "./panels.js";
import { Probe } from "./pixel.js";
import { Playback } from "./playback.js";
import { saveRunLine } from "./run_saving.js";
import { isGivingWay, setRun } from "./session.js";
import { Readout } from "./step_numbers.js";
import { Transport } from "./transport.js";

const REST_MS = 160,
  STILL_MS = 800;

/** @param {Component} component */
export function mount({ element, props, trigger, watch }) {
  const { root: player, find } = opened(element, ".player");
  const calm = isCalm(),
    luts = { x: halfBytes(1), eps: halfBytes(3) };
  /** @type {Film | null} */
  let film = null;
  /** @type {any} */
  let still = null;
  // What the run's messages have told, frames left out.
  /** @type {any} */
  let about = {};
  // A run that waits for its turn, and how many go before it.
  /** @type {{ place: number } | null} */
  let queued = null;
  let paintedAt = 0,
    rest = 0,
    pulse = 0;

  const redraw = nextFrame(draw);
  const isRunning = () => !about.done,
    isLive = () => about.badge === "live";
  const panels = new Panels(find(".panels"));
  const decoded = new Decoded(find(".decoded"));
  const readout = new Readout(player);
  const probe = new Probe(player, panels, redraw);
  const arrivals = new Arrivals(
    (asked) => trigger("missing", asked),
    () => element.isConnected,
  );
  const playback = new Playback({
    isSeen: () => player.offsetParent !== null,
    isConnected: () => element.isConnected,
    isRunning,
    isLive,
    redraw,
    tell: tellStatus,
    press,
  });

  // --- what is on screen
  function draw() {
    if (!element.isConnected || !film || !film.length) return;
    const i = playback.follow ? film.length - 1 : playback.index,
      frame = film.frames[i],
      t = film.tOf(frame);
    playback.k = frame.k;
    const deep = probe.pixel !== null || panels.by.mean.shown || panels.by.sigma_z.shown;
    // In motion a large frame is painted coarsely, and in full once it rests.
    const now = performance.now(),
      coarse = now - paintedAt < REST_MS && probe.pixel === null && canThin(panels.grid);
    paintedAt = now;
    clearTimeout(rest);
    if (coarse) rest = setTimeout(redraw, REST_MS);
    still.look(i, deep, coarse);
    panels.paint(still, luts, probe.pixel && probe.pixel.image);
    panels.describe(still, !playback.playing && !isRunning());
    decoded.show(film, frame.k);
    readout.show(frame.k, timeLeft());
    transport.at(frame.k, t);
    probe.show(still);
    press();
    Object.assign(player.dataset, { frame: i, frames: film.length, t, run: arrivals.run });
    if (i) later();
  }

  // What comes after a recorded run's first frames is asked for once these move: before that, the page has the wire.
  let later = () => {};
  function fetchRest() {
    let isAsked = false;
    later = () => {
      if (!isAsked) arrivals.fetch(arrivals.run, arrivals.had);
      isAsked = true;
    };
    if (isLive() || playback.index) later();
    else setTimeout(later, STILL_MS);
  }

  function timeLeft() {
    const { seconds_left: left = null, done } = about;
    return left === null || done ? "–" : say("player.seconds", { s: left < 10 ? left.toFixed(1) : Math.round(left) });
  }

  function press() {
    const live = isLive() && isRunning(),
      { follow, playing, loop, speed } = playback;
    const canFollow = live && !follow;
    transport.press({ playing: live && follow ? 1 : playing, loop, speed, following: follow, canFollow });
  }

  function tellStatus() {
    if (!film) return;
    const steps = film.steps.length,
      { newest } = film,
      k = newest ? newest.k : 0,
      parts = [];
    if (queued) parts.push(say("turns.waiting", queued));
    if (isRunning() && !isServerThere()) parts.push(say("player.cut_off", { k, steps }));
    else if (about.problem) parts.push(say("turns.failed", { k, problem: about.problem }));
    else if (about.stopped && newest) parts.push(say("player.stopped", { t: film.tOf(newest) }));
    else if (isLive()) parts.push(about.done ? say("player.done", { steps }) : say("player.running", { k, steps }));
    else if (isGivingWay()) parts.push(say("player.gives_way"));
    const { asked = 0, T } = about;
    if (steps && asked > steps && film.steps[0].t < T)
      parts.push(say("player.shorter", { steps, asked, t: film.steps[0].t, T }));
    else if (asked > steps) parts.push(say("player.fewer", { steps, asked }));
    // The server may have left out frames already.
    const { every = 1, every_mb: everyMb } = about,
      stride = film.stride * every;
    if (stride > 1) parts.push(say("player.thinned", { stride, mb: film.stride > 1 ? FILM_BYTES / 2 ** 20 : everyMb }));
    if (about.grain > 1) parts.push(say("player.coarse", { grain: about.grain }));
    transport.tell(parts.join(" · "), isRunning() && !queued);
  }

  // The dot blinks while the chain runs: twice a second it is drawn anew, where an animation would be at every frame.
  function beat(/** @type {boolean} */ on) {
    const { style } = find(".dot");
    const blink = () => {
      style.opacity = element.isConnected && style.opacity === "" ? "0.25" : "";
    };
    if (on && !calm) {
      pulse = pulse || setInterval(blink, 500);
      return;
    }
    clearInterval(pulse);
    pulse = 0;
    style.opacity = "";
  }

  /** @type {Transport} */
  const transport = new Transport(player, {
    scrub: (step) => film && film.length && playback.jump(film.nearest(step)),
    first: () => playback.jump(0),
    back: () => playback.play(-1),
    prev: () => film && playback.jump(playback.index - 1),
    play: () => playback.play(1),
    next: () => film && playback.jump(playback.index + 1),
    last: () => playback.jump(Infinity),
    loop: () => {
      playback.loop = !playback.loop;
      press();
    },
    follow: () => playback.jump(Infinity),
    speed: (times) => {
      playback.speed = times;
      press();
    },
  });

  // --- messages from Python, as ui/protocol has them
  function start(message) {
    arrivals.start(message.run);
    setRun(message.run);
    queued = null;
    about = { done: false, stopped: false, ...message, frames: null };
    film = new Film(message.shape, message.steps);
    if (message.badge === "recorded") film.total = message.total || 0;
    still = new Still(film, about);
    playback.start(film, message.badge === "recorded");
    probe.leave();
    probe.labels = message.labels || [];
    probe.grain = message.grain || 1;
    panels.fit(message.shape, probe.labels, Boolean(message.planar), message.colours || null);
    decoded.start(message);
    readout.start(message.steps, about);
    transport.start(message.steps, about);
    const badge = find(".badge"),
      note = find(".note");
    badge.hidden = false;
    badge.dataset.kind = message.badge;
    find(".badge-text").textContent = say(`player.${message.badge}`);
    note.textContent = note.title = sayNote(message.note);
    Object.assign(player.dataset, { run: message.run, frames: 0 });
    delete player.dataset.done;
    delete player.dataset.t;
  }

  // It is not yet this run's turn; or no longer, where `place` is null.
  function wait({ run, place }) {
    setRun(run);
    queued = place ? { place } : null;
    tellStatus();
    if (!film) find(".empty-line").textContent = say(place ? "turns.waiting" : "turns.given_up", { place });
  }

  function end({ run }) {
    if (run !== arrivals.run) return;
    arrivals.giveUp();
    about.done = true;
    transport.tell(say("turns.gone"));
  }

  // Whether the message is of the run that is shown, which it may begin.
  function isOfThisRun(message) {
    if (message.run === arrivals.run) return true;
    // The recorded run is there until a live one is: late, it takes nobody's place.
    if (message.badge === "recorded" && isLive()) {
      arrivals.leave(message.run);
      return false;
    }
    if (!message.steps && arrivals.isPast(message.run)) return false;
    if (!message.steps) arrivals.fetch((arrivals.awaited = message.run), 0);
    else if (!message.steps.length) find(".empty-line").textContent = say("player.no_steps");
    else {
      start(message);
      return true;
    }
    return false;
  }

  function receive() {
    if (!props.value) return;
    const message = JSON.parse(props.value),
      frames = message.frames || [];
    if ("place" in message) return void wait(message);
    if (message.gone) return void end(message);
    if (!isOfThisRun(message)) return;
    const { run, had } = arrivals,
      before = message.before === undefined ? had : message.before;
    if (before > had) return void arrivals.fetch(run, had);
    readout.learn(message.sigmas || []);
    decoded.add(message.decoded || []);
    for (const key of ["seconds_left", "done", "stopped", "problem"]) if (key in message) about[key] = message[key];
    for (const [step, x, epsHat] of frames) film.add(step, halves(x), epsHat && halves(epsHat));
    arrivals.had = Math.max(had, before + frames.length);
    if (message.total > arrivals.had) fetchRest();
    if (about.done) player.dataset.done = "1";
    beat(isLive() && isRunning());
    tellStatus();
    if (!film.length) return void press();
    player.classList.remove("is-empty");
    transport.reached(film.newest.k);
    if (message.autoplay && !calm) {
      playback.k = film.frames[0].k;
      playback.play(1, false);
    }
    redraw();
  }

  // --- keyboard, and which panels are shown
  const keys = {
    ArrowLeft: () => film && playback.jump(playback.index - 1),
    ArrowRight: () => film && playback.jump(playback.index + 1),
    Home: () => playback.jump(0),
    End: () => playback.jump(Infinity),
    " ": () => playback.play(playback.playing < 0 ? -1 : 1),
  };
  player.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    if (event.key === " " && /** @type {HTMLElement} */ (event.target).tagName === "BUTTON") return;
    event.preventDefault();
    keys[event.key]();
  });
  choosePanels(panels, find.all("[data-toggle]"), redraw);
  // Points are drawn in the page's colours.
  onGround(element, () => panels.grid && panels.grid.cloud && redraw());
  saveRunLine(player, () => film && film.length && { film, about });
  press();
  watch("value", receive);
  onReach(element, (isReached) => {
    beat(isReached && isLive() && isRunning());
    if (!isReached) queued = null;
    tellStatus();
  });
  receive();
}
