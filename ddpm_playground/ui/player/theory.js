// The lecture, chapter by chapter. The reader moves a lever, the server computes, the blocks show it; while one answer
// is on its way only the newest wish waits.
const root = element.querySelector(".theory"), find = (selector) => root.querySelector(selector);
const start = (window.ddpmTheory = JSON.parse(props.value));
const visitor = crypto.getRandomValues(new Uint32Array(2)).join("-");
const values = new Map(start.chapters.map(({ name, controls }) => [name, Object.fromEntries(controls.map(({ key, value }) => [key, value]))]));
const picked = new Map(), list = find(".chapters ol"), choose = find(".jump select"), blocks = find(".blocks"), problem = find(".problem");
let at = -1, busy = false, again = false, views = [], shown = [], told = null;
fillWords(root);

// Subscripts in characters, where no markup can stand.
const LOWERED = { 0: "₀", 1: "₁", 2: "₂", t: "ₜ", s: "ₛ", "−": "₋", "{": "", "}": "" };
const lowered = (text) => text.replaceAll(new RegExp(SUBSCRIPT, "gi"), (_, below) => [...below].map((c) => LOWERED[c] ?? c).join(""));
const titleOf = (i) => say("theory.numbered", { n: i + 1, title: say(`ch_${start.chapters[i].name}.title`) });
start.chapters.forEach((chapter, i) => {
  const button = make("button", "", make("b", "", String(i + 1)), make("span", "", ...typeset(say(`ch_${chapter.name}.title`))));
  button.type = "button";
  button.addEventListener("click", () => open(i));
  list.append(make("li", "", button));
  choose.append(new Option(lowered(titleOf(i)), i));
});
choose.addEventListener("change", () => open(+choose.value));

function open(i, quiet) {
  if (i === at) return;
  at = i;
  told = null;
  const { name, controls, choices } = start.chapters[i], now = values.get(name);
  list.querySelectorAll("button").forEach((button, j) => (j === i ? button.setAttribute("aria-current", "page") : button.removeAttribute("aria-current")));
  choose.value = i;
  write(find("h2"), titleOf(i));
  write(find(".claim"), say(`ch_${name}.claim`));
  putLevers(i);
  write(find(".asked"), say(`ch_${name}.question`));
  find(".choices").replaceChildren(...Array.from({ length: choices }, (_, k) => {
    const button = make("button", "", ...typeset(say(`ch_${name}.choice_${k}`)));
    button.type = "button";
    button.addEventListener("click", () => { picked.set(name, k); judge(); });
    return button;
  }));
  blocks.replaceChildren();
  views = [];
  problem.textContent = find(".verdict").textContent = find(".badge").textContent = "";
  const drawer = find(".source");
  drawer.open = false;
  drawer.querySelector("div").replaceChildren();
  for (const [selector, j] of [[".back", i - 1], [".on", i + 1]]) {
    const button = find(selector);
    button.hidden = !start.chapters[j];
    if (start.chapters[j]) write(button, say(selector === ".on" ? "theory.next" : "theory.previous", { title: titleOf(j) }));
    button.onclick = () => { open(j); root.scrollIntoView({ block: "start" }); };
  }
  if (!quiet) {
    remember("chapter", name);
    remember("levers", leversText(controls, now));
  }
  ask();
}

function putLevers(i) {
  const { name, controls } = start.chapters[i], now = values.get(name);
  shown = [];
  const moved = (control, v) => {
    now[control.key] = v;
    if (control.restarts) {
      now[control.restarts] = controls.find(({ key }) => key === control.restarts).value;
      putLevers(i);
      find(`.controls [data-lever="${control.key}"] [aria-pressed=true]`).focus();
    }
    remember("levers", leversText(controls, now));
    ask();
  };
  find(".controls").replaceChildren(...controls.map((control) => {
    const lever = LEVERS[control.kind](name, control, now[control.key], (v) => moved(control, v), (done) => shown.push(done));
    lever.dataset.lever = control.key;
    return lever;
  }));
}

// The question's answer for the values that are on screen.
function judge() {
  const { name } = start.chapters[at], mine = picked.get(name), verdict = find(".verdict");
  find(".choices").querySelectorAll("button").forEach((button, k) => {
    button.setAttribute("aria-pressed", k === mine);
    button.className = mine === undefined || !told ? "" : k === told.answer ? "right" : k === mine ? "wrong" : "";
  });
  if (mine === undefined || !told) { verdict.textContent = ""; return; }
  verdict.replaceChildren(make("b", "", say(mine === told.answer ? "theory.right" : "theory.wrong")), " ", ...typeset(spoken(told.because)));
}

async function ask() {
  if (busy) { again = true; return; }
  if (!root.clientWidth) return;
  katex(start.katex);
  busy = true;
  const { name } = start.chapters[at];
  root.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await server.compute({ chapter: name, values: values.get(name), visitor });
  } catch {
    answer = { problem: say("lab.unreachable") };
  }
  busy = false;
  if (!element.isConnected) return;
  root.removeAttribute("aria-busy");
  const stale = start.chapters[at].name !== name;
  if (!stale) {
    problem.textContent = answer.problem || "";
    root.classList.toggle("stale", !!answer.problem);
    if (!answer.problem) show(answer);
  }
  if (again || stale) { again = false; ask(); }
}

function show(answer) {
  told = answer;
  if (views.length !== answer.blocks.length || views.some(({ kind }, i) => kind !== answer.blocks[i].kind)) {
    views = answer.blocks.map(({ kind }) => {
      const box = make("div", `block ${kind}`);
      return { kind, box, show: VIEWS[kind](box) };
    });
    blocks.replaceChildren(...views.map(({ box }) => box));
  }
  answer.blocks.forEach((block, i) => views[i].show(block));
  find(".badge").textContent = say("theory.badge", { ms: number(answer.ms, 2) });
  judge();
  shown.forEach((done) => done(answer.in_effect || {}));
}

find(".source").addEventListener("toggle", async ({ target }) => {
  const box = target.querySelector("div");
  if (!target.open || box.children.length) return;
  const { name } = start.chapters[at], found = await server.drawer({ chapter: name }).catch(() => []);
  if (start.chapters[at].name === name) box.replaceChildren(...found.flatMap(({ where, code }) => [make("h4", "", where), make("pre", "", code)]));
});

// The chapter that the address names, once it is known; it is computed when the tab is first seen.
const begin = () => {
  const { chapter, levers } = window.ddpmRecipe || {}, i = Math.max(0, start.chapters.findIndex(({ name }) => name === chapter));
  if (start.chapters[i].name === chapter) Object.assign(values.get(chapter), leversOf(start.chapters[i].controls, levers || ""));
  open(i, true);
};
if (window.ddpmIsRestored) begin();
else window.addEventListener("ddpm:restored", begin, { once: true });
new ResizeObserver(() => { if (at >= 0 && !told) ask(); }).observe(root);
const ground = new MutationObserver(() => (element.isConnected ? told && show(told) : ground.disconnect()));
ground.observe(document.body, { attributes: true, attributeFilter: ["class"] });
