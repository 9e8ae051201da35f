// One picture at ten times, a row for each schedule.
const root = element.querySelector(".filmstrip"), rows = root.querySelector(".rows"), about = root.querySelector(".about");
const FRAMES = 10;
let data = null, t = null, built = "";

// Rows and frames stay the same nodes as long as their number does: nothing flickers while a slider moves.
function build() {
  const shape = `${data.schedules.length}/${data.ts.length}/${data.height}/${data.width}`;
  if (shape === built) return;
  built = shape;
  root.style.setProperty("--count", data.ts.length);
  rows.replaceChildren(...data.schedules.map(() => make("div", "row", make("div", "name"), make("div", "frames", ...data.ts.map(frame)))));
}

function frame(_, i) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  const button = make("button", "frame", make("span", "picture", canvas), make("span", "t"), make("span", "left"));
  button.type = "button";
  button.addEventListener("click", () => {
    t = data.ts[i];
    mark();
    setT(t, data.T, "filmstrip");
    remember("t", t);
  });
  return button;
}

function draw() {
  const x_t = new Float32Array(data.x_0.length);
  build();
  [...rows.children].forEach((row, r) => {
    const name = nameOf(data.schedules[r]), { alpha_bar: alphaBars } = data.schedules[r].tables;
    row.querySelector(".name").replaceChildren(swatch(`--series-${r}`, data.dashes[r]), name);
    row.querySelectorAll(".frame").forEach((button, i) => {
      const canvas = button.querySelector("canvas"), at = data.ts[i], alphaBar = alphaBars[at], value = number(alphaBar, 3);
      blend(x_t, data.x_0, signalWeight(alphaBar), data.eps, noiseWeight(alphaBar));
      paint(canvas, x_t, [data.channels, data.height, data.width]);
      button.style.setProperty("--at", `${(100 * at) / data.T}%`);
      button.querySelector(".t").textContent = say("schedule.frame_t", { t: at });
      button.querySelector(".left").textContent = say("schedule.frame_alpha_bar", { value });
      canvas.setAttribute("aria-label", say("schedule.frame_label", { name, t: at, value }));
    });
  });
  about.textContent = say("schedule.strip", { digit: data.digit, label: data.label });
  mark();
}

// The frame nearest to t.
function mark() {
  const gaps = data.ts.map((at) => Math.abs(at - t)), nearest = gaps.indexOf(Math.min(...gaps));
  for (const row of rows.children) row.querySelectorAll(".frame").forEach((button, i) => {
    button.classList.toggle("now", i === nearest);
    button.setAttribute("aria-current", i === nearest);
  });
}

function receive() {
  if (!props.value) return;
  data = { ...data, ...JSON.parse(props.value) };
  data.x_0 = float32(data.x_0);
  data.eps = float32(data.eps);
  ask();
}

// What the settings ask for, if it can be had; curves.js says why not.
let queued = false;
function ask() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    if (!data || !window.ddpmIsRestored) return;
    const schedules = tried(() => shownSchedules(window.ddpmRecipe));
    if (!schedules) return;
    const T = window.ddpmRecipe.T;
    Object.assign(data, { schedules, T });
    data.ts = [...new Set(Array.from({ length: FRAMES }, (_, i) => Math.round((i * T) / (FRAMES - 1))))];
    t = Math.min(wantedT(window.ddpmRecipe.t), T);
    draw();
  });
}

const heard = (event) => {
  if (!element.isConnected) return window.removeEventListener("ddpm:t", heard);
  if (event.detail.source === "filmstrip" || !data || !data.T) return;
  t = event.detail.t;
  mark();
};
window.addEventListener("ddpm:t", heard);
watch("value", receive);
receive();
onRecipe([...SCHEDULE_KEYS, "compare"], ask);
