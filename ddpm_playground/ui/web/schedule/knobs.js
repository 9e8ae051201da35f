// The parameters of the chosen schedule, and which others are laid over it; both are settings that live in the browser.
import { make, makeButton, opened, write } from "../page/dom.js";
import { paramsOf, publishedParams } from "../page/schedules.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";

/** @param {Component} component */
export function mount({ element }) {
  const { find } = opened(element, ".knobs");
  const chips = find(".chips"),
    reset = find(".reset");
  let key = null,
    knobs = [],
    values = {},
    chosen = [],
    sent = null;

  // A slider's place 0…1 and its value: fine near `low`, coarse far from it, where the range is wide.
  const wide = ({ low, high, step }) => low >= 0 && high / step >= 500;
  const placeOf = (p, v) =>
    wide(p) ? Math.log1p((v - p.low) / p.step) / Math.log1p((p.high - p.low) / p.step) : (v - p.low) / (p.high - p.low);
  const valueAt = (p, place) => {
    const v =
      p.low + (wide(p) ? p.step * Math.expm1(place * Math.log1p((p.high - p.low) / p.step)) : place * (p.high - p.low));
    return Math.min(
      p.high,
      Math.max(p.low, +(wide(p) ? v.toPrecision(3) : (Math.round(v / p.step) * p.step).toPrecision(6))),
    );
  };

  function send() {
    const changed = knobs.some(({ key: name, published }) => values[name] !== published);
    sent = changed ? knobs.map(({ key: name }) => `${name}:${values[name]}`).join(",") : "";
    reset.disabled = !changed;
    remember("params", sent, element);
  }

  function row(p) {
    const label = make("label"),
      info = make("small"),
      entry = make("input"),
      range = make("input"),
      box = make("div", "param", label, entry, range);
    box.dataset.param = p.key;
    entry.id = `knob-${p.key}`;
    label.htmlFor = entry.id;
    write(label, say(`schedule.param_${p.key}`)).append(info);
    write(info, say(`schedule.param_${p.key}_info`));
    Object.assign(entry, { type: "number", min: p.low, max: p.high, step: "any" });
    Object.assign(range, { type: "range", min: "0", max: "1", step: "0.002" });
    range.setAttribute("aria-label", say(`schedule.param_${p.key}`));
    const show = (from) => {
      if (from !== entry) entry.value = values[p.key];
      if (from !== range) range.value = String(placeOf(p, values[p.key]));
      range.setAttribute("aria-valuetext", entry.value);
      entry.setAttribute("aria-invalid", "false");
    };
    range.addEventListener("input", () => {
      values[p.key] = valueAt(p, +range.value);
      show(range);
      send();
    });
    entry.addEventListener("input", () => {
      const v = entry.valueAsNumber,
        good = v >= p.low && v <= p.high;
      entry.setAttribute("aria-invalid", String(!good));
      if (good) {
        values[p.key] = v;
        show(entry);
        send();
      }
    });
    entry.addEventListener("change", () => show());
    show();
    return box;
  }

  function showChips() {
    const { most, params } = window.ddpm.schedules,
      full = chosen.length >= most - 1;
    chips.replaceChildren(
      ...Object.keys(params).map((name) => {
        const button = makeButton("", say(`schedule.name_${name}`)),
          on = chosen.includes(name);
        button.dataset.schedule = name;
        button.setAttribute("aria-pressed", String(on));
        button.style.setProperty("--c", "var(--sym-x-t)");
        button.disabled = full && !on;
        button.addEventListener("click", () => {
          chosen = on ? chosen.filter((one) => one !== name) : [...chosen, name];
          remember("compare", chosen.join(","), element);
          showChips();
          chips.querySelector(`[data-schedule="${name}"]`).focus();
        });
        return button;
      }),
    );
  }

  function showParams(now) {
    values = now;
    find(".params").replaceChildren(...knobs.map(row));
    reset.disabled = knobs.every(({ key: name, published }) => values[name] === published);
  }

  function update(changed) {
    // A schedule that the reader has just chosen starts as it was published.
    if (changed === "schedule" && settings.params) remember("params", "", element);
    const { schedule, params, compare } = settings;
    chosen = (compare || "").split(",").filter(Boolean);
    showChips();
    if (schedule === key && params === sent) return;
    key = schedule;
    sent = params;
    knobs = Object.entries(window.ddpm.schedules.params[key]).map(([name, facts]) => ({ key: name, ...facts }));
    showParams(paramsOf(key, params));
    write(find(".about"), say(`schedule.about_${key}`));
  }

  find("h4").textContent = say("schedule.params");
  find("legend").textContent = say("schedule.compare");
  find(".hint").textContent = say("schedule.compare_info", { max: window.ddpm.schedules.most - 1 });
  reset.textContent = say("schedule.params_reset");
  reset.disabled = true;
  reset.addEventListener("click", () => {
    showParams(publishedParams(key));
    send();
  });
  onSettings(element, ["schedule", "params", "compare"], update);
}
