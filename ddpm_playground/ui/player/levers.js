// What the reader moves in a chapter: one maker for each kind of control. Each gives its element and tells of new values.
const labelled = (chapter, key) => say(`ch_${chapter}.${key}`);

// A chapter's levers as the address holds them, "t:200,sigma:beta,counts:1_2_3": those that are not where they began.
// A count of steps is among them where it can be scrubbed: what it shows is there at once. Another is a run, and a run is not kept.
const kept = ({ kind, scrub }) => kind !== "steps" || scrub;
const leverText = (v) => (Array.isArray(v) ? v.map((one) => +one.toPrecision(4)).join("_") : String(v));
const leversText = (controls, values) =>
  controls.filter((one) => kept(one) && leverText(values[one.key]) !== leverText(one.value)).map(({ key }) => `${key}:${leverText(values[key])}`).join(",");
const leversOf = (controls, text) => {
  const found = {};
  for (const part of text.split(",")) {
    const [key, given = ""] = part.split(":"), control = controls.find((one) => one.key === key && kept(one)), numbers = given.split("_").map(Number);
    if (!control) continue;
    const { low = 0, high = control.most } = control, inside = numbers.every((v) => given !== "" && v >= low && v <= high);
    if (control.kind === "steps" && inside && numbers.length === 1) found[key] = Math.round(numbers[0]);
    if (control.kind === "choice" && control.options.includes(given)) found[key] = given;
    if (control.kind === "slider" && inside && numbers.length === 1) found[key] = Number.isInteger(control.step) ? Math.round(numbers[0]) : numbers[0];
    if (control.kind === "bars" && inside && numbers.length === control.value.length) found[key] = numbers;
  }
  return found;
};

const LEVERS = {
  slider(chapter, control, value, moved, onShown) {
    const effect = make("i", "effect"), log = control.log, input = Object.assign(document.createElement("input"), { type: "range" }), out = make("b");
    const there = (v) => (log ? Math.log(v) : v), back = (v) => (log ? Math.exp(v) : v);
    input.min = there(control.low);
    input.max = there(control.high);
    input.step = log ? (there(control.high) - there(control.low)) / 400 : control.step;
    input.value = there(value);
    const round = (v) => Math.min(control.high, Math.max(control.low, Number.isInteger(control.step) ? Math.round(v) : +v.toPrecision(6)));
    const tell = (v) => { out.textContent = number(v); input.setAttribute("aria-valuetext", number(v)); };
    input.addEventListener("input", () => { const v = round(back(+input.value)); tell(v); moved(v); });
    tell(value);
    // Where the numbers on screen were computed with another value, that value.
    onShown(({ [control.key]: used }) => { effect.textContent = used === undefined || number(used) === out.textContent ? "" : ` → ${number(used)}`; });
    return make("label", "slide", make("span", "", ...typeset(labelled(chapter, control.key)), " ", out, effect), input);
  },
  choice(chapter, control, value, moved) {
    const group = make("div", "options"), buttons = control.options.map((option) => {
      const button = make("button", "", ...typeset(say(`ch_${chapter}.option_${option}`)));
      button.type = "button";
      button.addEventListener("click", () => { press(option); moved(option); });
      return group.appendChild(button);
    });
    const press = (chosen) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", control.options[i] === chosen));
    press(value);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", labelled(chapter, control.key));
    return make("div", "choice", make("span", "", ...typeset(labelled(chapter, control.key))), group);
  },
  bars(chapter, control, value, moved) {
    const heights = [...value], row = make("div", "columns"), share = (v) => (100 * (v - control.low)) / (control.high - control.low);
    const columns = heights.map((v, i) => {
      const column = row.appendChild(make("div", "column", make("i")));
      column.tabIndex = 0;
      column.setAttribute("role", "slider");
      column.setAttribute("aria-label", `${labelled(chapter, control.key)} ${number(control.at[i])}`);
      column.setAttribute("aria-valuemin", control.low);
      column.setAttribute("aria-valuemax", control.high);
      column.addEventListener("keydown", (event) => {
        const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
        if (!step) return;
        event.preventDefault();
        set(i, heights[i] + (step * (control.high - control.low)) / 20);
        moved([...heights]);
      });
      return column;
    });
    const set = (i, v) => {
      heights[i] = Math.min(control.high, Math.max(control.low, +v.toPrecision(4)));
      columns[i].firstChild.style.height = `${share(heights[i])}%`;
      columns[i].setAttribute("aria-valuenow", heights[i]);
      columns[i].setAttribute("aria-valuetext", number(heights[i]));
    };
    heights.forEach((v, i) => set(i, v));
    const drag = (event) => {
      const box = row.getBoundingClientRect(), i = Math.floor(((event.clientX - box.left) / box.width) * heights.length);
      if (i < 0 || i >= heights.length) return;
      set(i, control.low + (1 - (event.clientY - box.top) / box.height) * (control.high - control.low));
      moved([...heights]);
    };
    row.addEventListener("pointerdown", (event) => { row.setPointerCapture(event.pointerId); drag(event); });
    row.addEventListener("pointermove", (event) => row.hasPointerCapture(event.pointerId) && drag(event));
    const ends = make("div", "ends", make("span", "", number(control.at[0])), make("span", "", number(control.at.at(-1))));
    return make("div", "bars", make("span", "", ...typeset(labelled(chapter, control.key))), row, ends);
  },
  steps(chapter, control, value, moved, onShown) {
    let k = value, playing = 0, waiting = false;
    const group = make("div", "options"), button = (key, act) => {
      const one = group.appendChild(make("button", "", say(`theory.steps_${key}`)));
      one.type = "button";
      one.addEventListener("click", act);
      return one;
    };
    const count = make("b"), slow = { once: 0, slow: 900, run: 30 };
    const scrub = Object.assign(document.createElement("input"), { type: "range", min: 0, max: control.most, step: 1, value, hidden: !control.scrub });
    scrub.setAttribute("aria-label", labelled(chapter, control.key));
    scrub.addEventListener("input", () => { playing = 0; press(); to(+scrub.value); });
    const to = (next) => { k = Math.min(control.most, next); scrub.value = k; count.textContent = number(k, 6); waiting = true; moved(k); };
    const on = () => to(k + (playing === slow.run ? control.run_by : 1));
    const play = (pace) => { playing = playing === pace ? 0 : pace; press(); if (playing) on(); };
    button("reset", () => { playing = 0; press(); to(0); });
    button("once", () => { playing = 0; press(); to(k + 1); });
    const going = [[slow.slow, button("slow", () => play(slow.slow))], [slow.run, button("run", () => play(slow.run))]];
    const press = () => going.forEach(([pace, one]) => one.setAttribute("aria-pressed", playing === pace));
    press();
    // The next step is asked for once the last one is on screen.
    onShown(() => {
      if (!waiting) return;
      waiting = false;
      if (playing && k < control.most) setTimeout(() => { if (playing && !waiting && group.isConnected) on(); }, playing);
      else if (playing) { playing = 0; press(); }
    });
    count.textContent = number(k, 6);
    return make("div", "choice", make("span", "", ...typeset(labelled(chapter, control.key)), " ", count), group, scrub);
  },
};
