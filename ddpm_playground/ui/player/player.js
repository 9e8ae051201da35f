// The player of a reverse chain: gathers the frames that Python sends, and plays them without asking it again.
const RATE = 24, SHORTEST_S = 2, LONGEST_S = 8, HOLD_MS = 1500, REST_MS = 160;
const player = element.querySelector(".player");
fillWords(player);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const luts = { x: halfBytes(1), eps: halfBytes(3) };
const badge = player.querySelector(".badge"), note = player.querySelector(".note"), emptyLine = player.querySelector(".empty-line");
let film = null, still = null, run = null, about = {};
// k: step of the frame on screen. follow: it is to be the newest one. playing: −1, 0 or 1.
// had: how many frames of the run have come. asking: frames that were missed and asked for; awaited: a run of which
// not even the first message has come.
let had = 0, asking = null, awaited = null;
let k = 0, follow = true, playing = 0, speed = 1, loop = false;
let asked = false, paintedAt = 0, rest = null, clock = null, owed = 0, holdUntil = 0, pulse = null;

const panels = new Panels(player.querySelector(".panels"));
const readout = new Readout(player.querySelector(".readout"));
const probe = new Probe(player, panels, () => ask());
const index = () => film.nearest(k);
const running = () => !about.done;
const visible = () => player.offsetParent !== null;

// --- what is on screen
function ask() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}
function draw() {
  asked = false;
  if (!element.isConnected || !film || !film.length) return;
  const i = follow ? film.length - 1 : index(), frame = film.frames[i], t = film.tOf(frame);
  k = frame.k;
  const deep = probe.pixel !== null || panels.by.mean.shown || panels.by.sigma_z.shown;
  // In motion a large frame is painted coarsely, and in full once it rests.
  const now = performance.now(), coarse = now - paintedAt < REST_MS && probe.pixel === null && canThin(panels.grid);
  paintedAt = now;
  clearTimeout(rest);
  if (coarse) rest = setTimeout(ask, REST_MS);
  still.look(i, deep, coarse);
  panels.paint(still, luts, probe.pixel && probe.pixel.image);
  panels.describe(still, !playing && !running());
  readout.show(frame.k, timeLeft());
  transport.at(frame.k, t);
  probe.show(still);
  press();
  const moved = player.dataset.t !== String(t) || player.dataset.run !== String(run);
  Object.assign(player.dataset, { frame: i, frames: film.length, t, run });
  if (moved) window.dispatchEvent(new CustomEvent("ddpm:playing", { detail: { t } }));
}
function timeLeft() {
  if (about.seconds_left === null || about.seconds_left === undefined || about.done) return "–";
  return say("player.seconds", { s: about.seconds_left < 10 ? about.seconds_left.toFixed(1) : Math.round(about.seconds_left) });
}
function press() {
  const live = about.badge === "live" && running();
  transport.press({ playing: live && follow ? 1 : playing, loop, speed, following: follow, canFollow: live && !follow });
}
function tellStatus() {
  const steps = film.steps.length, newest = film.newest, parts = [];
  if (about.stopped && newest) parts.push(say("player.stopped", { t: film.tOf(newest) }));
  else if (about.badge === "live")
    parts.push(about.done ? say("player.done", { steps }) : say("player.running", { k: newest ? newest.k : 0, steps }));
  // The server may have left out frames already.
  const { every = 1, every_mb } = about, stride = film.stride * every;
  if (stride > 1) parts.push(say("player.thinned", { stride, mb: film.stride > 1 ? FILM_BYTES / 2 ** 20 : every_mb }));
  transport.tell(parts.join(" · "));
}

// --- moving
function go(step) {
  if (!film || !film.length) return;
  const i = Math.max(0, Math.min(film.length - 1, step));
  k = film.frames[i].k;
  follow = i === film.length - 1;
  ask();
}
// By hand: playing stops.
function jump(step) {
  window.ddpmHeld = true;
  pause();
  go(step);
}
function pause() {
  playing = 0;
  clock = null;
  press();
}
function play(direction, byHand = true) {
  if (byHand) window.ddpmHeld = true;
  if (!film || !film.length) return;
  const live = about.badge === "live" && running();
  if (playing === direction || (live && follow && direction > 0)) {
    follow = false;
    return pause();
  }
  const last = film.length - 1, i = index();
  if (direction > 0 && i === last && !live) k = film.frames[0].k;
  if (direction < 0 && i === 0) k = film.frames[last].k;
  follow = false;
  owed = holdUntil = 0;
  if (clock === null) requestAnimationFrame(tick);
  clock = performance.now();
  playing = direction;
  ask();
}
// 24 frames a second, yet a whole run takes 2 to 8 seconds.
const rate = () => Math.min(Math.max(RATE, film.length / LONGEST_S), Math.max(1, film.length / SHORTEST_S));
function tick(now) {
  if (clock === null || !element.isConnected) return;
  requestAnimationFrame(tick);
  const passed = Math.max(0, Math.min(250, now - clock));
  clock = now;
  if (!playing || !visible() || now < holdUntil) return;
  const last = film.length - 1, end = playing > 0 ? last : 0, i = index();
  if (i === end) {
    if (running() && playing > 0) {
      pause();
      follow = true;
      ask();
    } else if (loop) {
      k = film.frames[last - end].k;
      ask();
    } else pause();
    return;
  }
  owed += (passed / 1000) * rate() * speed;
  const whole = Math.floor(owed);
  if (!whole) return;
  owed -= whole;
  const next = Math.max(0, Math.min(last, i + playing * whole));
  k = film.frames[next].k;
  if (next === end) holdUntil = running() ? 0 : now + HOLD_MS;
  ask();
}

const transport = new Transport(player.querySelector(".transport"), {
  scrub: (step) => film && film.length && jump(film.nearest(step)),
  first: () => jump(0),
  back: () => play(-1),
  prev: () => film && jump(index() - 1),
  play: () => play(1),
  next: () => film && jump(index() + 1),
  last: () => jump(Infinity),
  loop: () => ((loop = !loop), press()),
  follow: () => jump(Infinity),
  speed: (times) => ((speed = times), press()),
});

// --- messages from Python
function start(message) {
  run = message.run;
  had = 0;
  about = { done: false, stopped: false, ...message, frames: null };
  film = new Film(message.shape, message.steps);
  still = new Still(film, about.clip);
  [k, follow, loop] = [0, true, message.badge === "recorded"];
  pause();
  probe.leave();
  probe.labels = message.labels || [];
  panels.fit(message.shape, probe.labels, Boolean(message.planar));
  readout.start(message.steps, about);
  transport.start(message.steps, about);
  badge.hidden = false;
  badge.dataset.kind = message.badge;
  player.querySelector(".badge-text").textContent = say(`player.${message.badge}`);
  note.textContent = note.title = sayNote(message.note) || "";
  Object.assign(player.dataset, { run, frames: 0 });
  delete player.dataset.done;
  delete player.dataset.t;
}
// The dot blinks while the chain runs: twice a second it is drawn anew, where an animation would be at every frame.
function beat(on) {
  const { style } = player.querySelector(".dot"), blink = () => { style.opacity = element.isConnected && style.opacity === "" ? "0.25" : ""; };
  if (on && !calm) return void (pulse = pulse || setInterval(blink, 500));
  clearInterval(pulse);
  pulse = null;
  style.opacity = "";
}
// A busy or late page gets only the newest of several messages: what came between them is asked for, and asked
// for again, ever more patiently, if the answer went the same way or is long under way.
function fetchMissing(of, first, tries = 5) {
  if (asking && asking.of === of && asking.first === first) return;
  const mine = (asking = { of, first });
  trigger("missing", { run: of, first });
  setTimeout(() => {
    if (asking !== mine) return;
    asking = null;
    if (tries && element.isConnected && (of === run ? had <= first : of === awaited)) fetchMissing(of, first, tries - 1);
  }, 1000 * 2 ** (5 - tries));
}
function receive() {
  if (!props.value) return;
  const message = JSON.parse(props.value), frames = message.frames || [];
  if (message.run !== run) {
    if (!message.steps) return fetchMissing((awaited = message.run), 0);
    if (!message.steps.length) return void (emptyLine.textContent = say("player.no_steps"));
    start(message);
  }
  const before = message.before === undefined ? had : message.before;
  if (before > had) return fetchMissing(run, had);
  for (const key of ["seconds_left", "done", "stopped"]) if (key in message) about[key] = message[key];
  for (const [step, x, epsHat] of frames) film.add(step, halves(x), epsHat && halves(epsHat));
  had = Math.max(had, before + frames.length);
  if (message.total > had) fetchMissing(run, had);
  if (about.done) player.dataset.done = "1";
  beat(about.badge === "live" && running());
  tellStatus();
  if (!film.length) return press();
  player.classList.remove("is-empty");
  transport.reached(film.newest.k);
  if (message.autoplay && !calm) {
    k = film.frames[0].k;
    play(1, false);
  }
  ask();
}

// --- keyboard, and which panels are shown
player.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const onButton = event.target.tagName === "BUTTON";
  const keys = {
    ArrowLeft: () => film && jump(index() - 1), ArrowRight: () => film && jump(index() + 1),
    Home: () => jump(0), End: () => jump(Infinity), " ": () => (playing < 0 ? play(-1) : play(1)),
  };
  if (!keys[event.key] || (event.key === " " && onButton)) return;
  event.preventDefault();
  keys[event.key]();
});
const SHOWN = "ddpm.player.shown";
let shown = [];
try {
  shown = (localStorage.getItem(SHOWN) || "").split(",");
} catch {
  // Storage may be shut; the choice then lasts as long as the page.
}
for (const chip of player.querySelectorAll("[data-toggle]")) {
  const panel = panels.by[chip.dataset.toggle];
  const show = (on) => {
    panel.figure.hidden = !on;
    chip.setAttribute("aria-pressed", String(on));
    panels.box.dataset.count = panels.all.filter((p) => p.shown).length;
  };
  show(shown.includes(panel.key));
  chip.addEventListener("click", () => {
    show(!panel.shown);
    try {
      localStorage.setItem(SHOWN, panels.all.filter((p) => p.shown).map((p) => p.key).join(","));
    } catch {
      // As above.
    }
    ask();
  });
}
// Points are drawn in the page's colours.
const ground = new MutationObserver(() => (element.isConnected ? panels.grid && panels.grid.cloud && ask() : ground.disconnect()));
ground.observe(document.body, { attributes: true, attributeFilter: ["class"] });
press();
watch("value", receive);
receive();
