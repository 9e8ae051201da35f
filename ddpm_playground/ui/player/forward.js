// Forward noising: x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε at any t, all here; Python sends picture and noise.
const root = element.querySelector(".forward"), one = (selector) => root.querySelector(selector);
fillWords(root);
const pane = (name) => one(`[data-pane="${name}"]`).querySelector("canvas");
const panes = Object.fromEntries(["x_0", "part_x_0", "part_eps", "x_t", "walk"].map((name) => [name, pane(name)]));
const slider = one(".reel input"), field = one(".nudge input"), gate = one(".gate canvas");
const histogram = new Histogram(one(".histogram")), reel = new Reel(root);
const me = { shape: null, x_0: null, eps: null, x_t: null, alphaBars: null, T: 0, t: null, caption: "", seed: 0 };
const stale = { source: true, reel: true, waiting: false };

const part = (name, text) => { const node = one(`[data-part="${name}"]`); if (node.textContent !== text) node.textContent = text; };
const out = (name, text) => root.querySelectorAll(`[data-out="${name}"]`).forEach((node) => { node.textContent = text; });
const see = (canvas, key, values) => canvas.setAttribute("aria-label", say(`forward.${key}`, values));
const ready = () => me.x_0 && me.eps && me.alphaBars && me.eps.length === me.x_0.length && me.t !== null;

function ask(changed) {
  if (changed === "source") stale.source = stale.reel = true;
  if (changed === "reel") stale.reel = true;
  if (!stale.waiting) {
    stale.waiting = true;
    requestAnimationFrame(draw);
  }
}

function draw() {
  stale.waiting = false;
  // In a hidden tab nothing is drawn; the observer below asks again once the tab is seen.
  if (!element.isConnected || !ready() || !root.clientWidth) return;
  root.classList.remove("is-empty");
  const { shape, t, T } = me, alphaBar = me.alphaBars[t], a = signalWeight(alphaBar), b = noiseWeight(alphaBar);
  blend(me.x_t, me.x_0, a, me.eps, b);
  if (stale.source) paint(panes.x_0, me.x_0, shape);
  if (stale.reel) reel.draw(me);
  stale.source = stale.reel = false;
  paint(panes.part_x_0, me.x_0, shape, a);
  paint(panes.part_eps, me.eps, shape, b);
  paint(panes.x_t, me.x_t, shape);
  copy(gate, panes.x_t);
  numbers(alphaBar, a, b);
  drawHistogram();
  slider.max = field.max = T;
  slider.value = t;
  if (document.activeElement !== field) field.value = t;
  slider.setAttribute("aria-valuetext", say("forward.at_t", { t }));
  root.style.setProperty("--at", T ? t / T : 0);
  one(".flag").textContent = say("forward.at_t", { t });
}

// The gate shows x_t at the size of one frame.
function copy(to, from) {
  if (to.width !== from.width || to.height !== from.height) Object.assign(to, { width: from.width, height: from.height });
  to.getContext("2d").drawImage(from, 0, 0);
}

function drawHistogram() {
  const { mean, deviation } = histogram.draw(me.x_t, walker.on && walker.walk ? walker.walk.x : null);
  see(histogram.canvas, "seen_histogram", { t: me.t, mean: number(mean, 2), deviation: number(deviation, 2) });
}

function numbers(alphaBar, a, b) {
  const { t } = me, percent = Math.round(100 * noiseVariance(alphaBar)), snr = snrOf(alphaBar);
  out("t", t);
  out("sub", t);
  out("a", a.toFixed(4));
  out("b", b.toFixed(4));
  out("root", number(a, 5));
  out("noise_root", number(b, 5));
  out("alpha_bar", number(alphaBar, 5));
  out("snr", number(snr));
  out("log_snr", number(Math.log(snr)));
  part("caption", me.caption);
  part("x_t", say(walker.on ? "forward.x_t_jump" : "forward.x_t"));
  part("end_data", say("forward.end_data"));
  part("end_noise", say("forward.end_noise", { T: me.T }));
  see(panes.x_0, "seen_x_0", { caption: me.caption });
  see(panes.part_x_0, "seen_part_x_0", { t, a: a.toFixed(4) });
  see(panes.part_eps, "seen_part_eps", { t, b: b.toFixed(4) });
  see(panes.x_t, "seen_x_t", { t, percent });
  see(reel.canvas, "seen_reel", { T: me.T });
}

// t, moved here or by another view of the page.
function moveTo(t, mine) {
  const at = Math.max(0, Math.min(me.T, Math.round(t)));
  if (!Number.isFinite(at) || at === me.t) return;
  me.t = at;
  ask();
  walker.follow();
  if (!mine) return;
  setT(at, me.T, "forward");
  remember("t", at);
}

const walker = new Walker(root, me, panes.walk, { drawHistogram, part, out, see });

slider.addEventListener("input", () => moveTo(+slider.value, true));
field.addEventListener("input", () => field.value !== "" && moveTo(+field.value, true));
field.addEventListener("blur", () => { field.value = me.t; });
const deeds = {
  less: () => moveTo(me.t - 1, true),
  more: () => moveTo(me.t + 1, true),
  step: () => { walker.toggle(); ask("reel"); },
  again: () => walker.restart(),
  at_once: () => walker.finish(),
  denoise: () => {
    if (!ready()) return;
    const walked = walker.arrived(), { t, shape, label, alphaBars, x_t } = me;
    const repeatable = !walked && label !== "none";
    trigger("denoise", { t, shape, label, repeatable, alpha_bar: alphaBars[t], x_t: base64(walked ? walker.walk.x : x_t) });
  },
};
root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) deeds[button.dataset.do]();
});

// Each message may hold only what has changed.
function receive(text) {
  if (!text) return;
  const given = JSON.parse(text);
  if (given.x_0) me.x_0 = float32(given.x_0);
  if (given.eps) me.eps = float32(given.eps);
  if (given.shape) me.shape = given.shape;
  if (given.caption !== undefined) me.caption = given.caption;
  if (given.label !== undefined) me.label = given.label;
  if (given.seed !== undefined) me.seed = given.seed;
  if (me.x_0 && (!me.x_t || me.x_t.length !== me.x_0.length)) me.x_t = new Float32Array(me.x_0.length);
  ask("source");
  walker.renew();
}

// The settings' own schedule, if they make one; the Schedule tab says why not.
function reschedule() {
  const [own] = tried(() => shownSchedules(window.ddpmRecipe)) || [];
  if (!own || own.tables.alpha_bar === me.alphaBars) return;
  me.alphaBars = own.tables.alpha_bar;
  me.T = me.alphaBars.length - 1;
  me.t = Math.min(wantedT(window.ddpmRecipe.t), me.T);
  ask("reel");
  walker.renew();
}

// A drawing is x_0 at once; Python hears of it too and confirms.
const drawn = (event) => {
  if (!element.isConnected) return window.removeEventListener("ddpm:drawn", drawn);
  if (!me.x_0 || me.x_0.length !== event.detail.x_0.length || me.shape[0] !== 1) return;
  me.x_0 = event.detail.x_0;
  me.caption = event.detail.caption;
  me.label = "none";
  ask("source");
  walker.renew();
};
const heard = (event) => {
  if (!element.isConnected) return window.removeEventListener("ddpm:t", heard);
  if (event.detail.source !== "forward" && me.alphaBars) moveTo(event.detail.t, false);
};
window.addEventListener("ddpm:drawn", drawn);
window.addEventListener("ddpm:t", heard);
new ResizeObserver(() => { ask("reel"); walker.draw(); }).observe(root);
new MutationObserver((_, observer) => {
  if (!element.isConnected) return observer.disconnect();
  ask();
  walker.draw();
}).observe(document.body, { attributeFilter: ["class"] });

watch("value", () => receive(props.value));
receive(props.value);
onRecipe(SCHEDULE_KEYS, reschedule);
