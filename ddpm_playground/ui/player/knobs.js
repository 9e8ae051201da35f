// The parameters of the chosen schedule, and which others are laid over it. Texts of the recipe leave by
// data-params and data-compare; what comes back meanwhile is an echo and is not allowed to move a slider.
const root = element.querySelector(".knobs"), paramsBox = root.querySelector(".params"), chips = root.querySelector(".chips");
const reset = root.querySelector(".reset");
let data = null, values = {}, chosen = [], sentParams = null, sentCompare = null;

// A slider's place 0…1 and its value: fine near `low`, coarse far from it, where the range is wide.
const wide = ({ low, high, step }) => low >= 0 && high / step >= 500;
const placeOf = (p, v) => (wide(p) ? Math.log1p((v - p.low) / p.step) / Math.log1p((p.high - p.low) / p.step) : (v - p.low) / (p.high - p.low));
const valueAt = (p, place) => {
  const v = p.low + (wide(p) ? p.step * Math.expm1(place * Math.log1p((p.high - p.low) / p.step)) : place * (p.high - p.low));
  return Math.min(p.high, Math.max(p.low, +(wide(p) ? v.toPrecision(3) : (Math.round(v / p.step) * p.step).toPrecision(6))));
};

function send() {
  const changed = data.params.some(({ key, published }) => values[key] !== published);
  sentParams = changed ? data.params.map(({ key }) => `${key}:${values[key]}`).join(",") : "";
  root.dataset.params = sentParams;
  reset.disabled = !changed;
  trigger("params");
}

function sendCompare() {
  sentCompare = root.dataset.compare = chosen.join(",");
  showChips();
  trigger("compare");
}

function row(p) {
  const box = document.createElement("div"), label = document.createElement("label"), info = document.createElement("small");
  const entry = document.createElement("input"), range = document.createElement("input");
  box.className = "param";
  box.dataset.param = p.key;
  entry.id = `knob-${p.key}`;
  label.htmlFor = entry.id;
  write(label, say(`schedule.param_${p.key}`)).append(info);
  write(info, say(`schedule.param_${p.key}_info`));
  Object.assign(entry, { type: "number", min: p.low, max: p.high, step: "any" });
  Object.assign(range, { type: "range", min: 0, max: 1, step: 0.002 });
  range.setAttribute("aria-label", say(`schedule.param_${p.key}`));
  const show = (from) => {
    if (from !== entry) entry.value = values[p.key];
    if (from !== range) range.value = placeOf(p, values[p.key]);
    range.setAttribute("aria-valuetext", entry.value);
    entry.setAttribute("aria-invalid", false);
  };
  range.addEventListener("input", () => { values[p.key] = valueAt(p, +range.value); show(range); send(); });
  entry.addEventListener("input", () => {
    const v = entry.valueAsNumber, good = v >= p.low && v <= p.high;
    entry.setAttribute("aria-invalid", !good);
    if (good) { values[p.key] = v; show(entry); send(); }
  });
  entry.addEventListener("change", () => show());
  box.append(label, entry, range);
  show();
  return box;
}

function showChips() {
  const full = chosen.length >= data.most;
  chips.replaceChildren(...data.choices.map((key) => {
    const button = document.createElement("button"), on = chosen.includes(key);
    button.type = "button";
    button.dataset.schedule = key;
    button.textContent = say(`schedule.name_${key}`);
    button.setAttribute("aria-pressed", on);
    button.style.setProperty("--c", "var(--sym-x-t)");
    button.disabled = full && !on;
    button.addEventListener("click", () => { chosen = on ? chosen.filter((one) => one !== key) : [...chosen, key]; sendCompare(); chips.querySelector(`[data-schedule="${key}"]`).focus(); });
    return button;
  }));
}

function receive() {
  if (!props.value) return;
  const value = JSON.parse(props.value), other = !data || data.schedule !== value.schedule;
  const echo = !other && sentParams !== null && value.text !== sentParams;
  const same = sentParams !== null && value.text === sentParams;
  data = value;
  if (other || (!echo && !same)) {
    values = Object.fromEntries(data.params.map(({ key, value: now }) => [key, now]));
    paramsBox.replaceChildren(...data.params.map(row));
    reset.disabled = data.params.every(({ key, published }) => values[key] === published);
    sentParams = null;
  }
  if (sentCompare === null || sentCompare === value.compare) {
    chosen = value.compare ? value.compare.split(",") : [];
    showChips();
  }
  write(root.querySelector(".about"), say(`schedule.about_${data.schedule}`));
}

root.querySelector("h4").textContent = say("schedule.params");
root.querySelector("legend").textContent = say("schedule.compare");
reset.textContent = say("schedule.params_reset");
reset.disabled = true;
reset.addEventListener("click", () => {
  values = Object.fromEntries(data.params.map(({ key, published }) => [key, published]));
  paramsBox.replaceChildren(...data.params.map(row));
  send();
});
watch("value", () => { receive(); hint(); });
const hint = () => { if (data) root.querySelector(".hint").textContent = say("schedule.compare_info", { max: data.most }); };
receive();
hint();
