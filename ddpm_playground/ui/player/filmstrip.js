// One picture at ten times, a row for each schedule: x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε, blended here.
const root = element.querySelector(".filmstrip"), rows = root.querySelector(".rows"), about = root.querySelector(".about");
let data = null, t = null, built = "";

const part = (tag, className, ...inside) => {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...inside);
  return node;
};

// Rows and frames stay the same nodes as long as their number does: nothing flickers while a slider moves.
function build() {
  const shape = `${data.schedules.length}/${data.ts.length}/${data.height}/${data.width}`;
  if (shape === built) return;
  built = shape;
  root.style.setProperty("--count", data.ts.length);
  rows.replaceChildren(...data.schedules.map(() => part("div", "row", part("div", "name"), part("div", "frames", ...data.ts.map(frame)))));
}

function frame(_, i) {
  const canvas = document.createElement("canvas");
  canvas.width = data.width;
  canvas.height = data.height;
  canvas.setAttribute("role", "img");
  const button = part("button", "frame", part("span", "picture", canvas), part("span", "t"), part("span", "left"));
  button.type = "button";
  button.addEventListener("click", () => {
    t = data.ts[i];
    mark();
    setT(t, data.T, "filmstrip");
    remember("t", t);
  });
  return button;
}

function blend(canvas, a, b) {
  const context = canvas.getContext("2d"), image = context.createImageData(data.width, data.height), size = data.width * data.height;
  const { x_0, eps, channels } = data, pixels = image.data;
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) {
      const at = i + (channels === 3 ? c * size : 0);
      pixels[4 * i + c] = (a * x_0[at] + b * eps[at]) * 127.5 + 127.5; // Uint8ClampedArray rounds and clips
    }
    pixels[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function draw() {
  build();
  [...rows.children].forEach((row, r) => {
    const name = nameOf(data.schedules[r]), { a, b, left } = data.weights[r];
    row.querySelector(".name").replaceChildren(swatch(`--series-${r}`, data.dashes[r]), name);
    row.querySelectorAll(".frame").forEach((button, i) => {
      const canvas = button.querySelector("canvas"), at = data.ts[i], value = number(left[i], 3);
      blend(canvas, a[i], b[i]);
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
  for (const row of rows.children) row.querySelectorAll(".frame").forEach((button, i) => button.classList.toggle("now", i === nearest));
}

function receive() {
  if (!props.value) return;
  data = JSON.parse(props.value);
  data.x_0 = float32(data.x_0);
  data.eps = float32(data.eps);
  t = Math.min(t === null ? data.t : t, data.T);
  draw();
}

const heard = (event) => {
  if (!element.isConnected) return window.removeEventListener("ddpm:t", heard);
  if (event.detail.source === "filmstrip" || !data) return;
  t = event.detail.t;
  mark();
};
window.addEventListener("ddpm:t", heard);
watch("value", receive);
receive();
