// What the reader moves in a chapter: one row for each kind of lever.
import { number } from "../core/number.js";
import { finder, make, typeset } from "../page/dom.js";
import { hearDrag } from "../page/holding.js";
import { say } from "../page/words.js";

export const labelled = (chapter, key) => say(`ch_${chapter}.${key}`);

/**
 * @typedef {Record<string, any>} Control a lever as the chapter has it: key, value, and what its kind needs
 * @typedef {object} Lever a kind of lever
 * @property {(
 *   chapter: string, control: Control, value: any, moved: (value: any) => void,
 *   onShown: (shown: (inEffect: Record<string, any>) => void) => void,
 * ) => HTMLElement} make its element, which tells of new values; `shown` is called once they are on screen
 * @property {(value: any, control: Control) => string | null} write a value as the address holds it, without "," and
 *   ":"; null where the address does not hold it
 * @property {(text: string, control: Control) => any} read the value that an address's text is; undefined where it is
 *   none, and the lever stays
 */

// As many numbers as are wanted, all within the control's range; else null.
const numbersIn = (text, count, low, high) => {
  const numbers = text.split("_").map(Number);
  return text !== "" && numbers.length === count && numbers.every((v) => v >= low && v <= high) ? numbers : null;
};
// "key:text" of each, as "t:200,sigma:beta,counts:1_2_3": those that are not where they began.
export const leversText = (controls, values) =>
  controls
    .map((control) => {
      const { key, kind, value } = control,
        { write } = LEVERS[kind];
      return { key, text: write(values[key], control), begun: write(value, control) };
    })
    .filter(({ text, begun }) => text !== null && text !== begun)
    .map(({ key, text }) => `${key}:${text}`)
    .join(",");
export const leversOf = (controls, text) => {
  const found = {};
  for (const part of text.split(",")) {
    const [key, given = ""] = part.split(":"),
      control = controls.find((one) => one.key === key),
      value = control && LEVERS[control.kind].read(given, control);
    if (value !== undefined) found[key] = value;
  }
  return found;
};

/** @type {Lever} */
const slider = {
  make(chapter, control, value, moved, onShown) {
    const effect = make("i", "effect"),
      log = control.log,
      input = Object.assign(document.createElement("input"), { type: "range" }),
      out = make("b");
    const there = (v) => (log ? Math.log(v) : v),
      back = (v) => (log ? Math.exp(v) : v);
    input.min = there(control.low);
    input.max = there(control.high);
    input.step = log ? (there(control.high) - there(control.low)) / 400 : control.step;
    input.value = there(value);
    const round = (v) =>
      Math.min(control.high, Math.max(control.low, Number.isInteger(control.step) ? Math.round(v) : +v.toPrecision(6)));
    const tell = (v) => {
      out.textContent = number(v);
      input.setAttribute("aria-valuetext", number(v));
    };
    input.addEventListener("input", () => {
      const v = round(back(+input.value));
      tell(v);
      moved(v);
    });
    // On a logarithmic way many small steps may be one whole number: a key goes on to the next.
    input.addEventListener("keydown", (event) => {
      const sign = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!sign || !log || !Number.isInteger(control.step)) return;
      event.preventDefault();
      const before = out.textContent;
      /** @type {string} */
      let at;
      do {
        at = input.value;
        input.value = String(+at + sign * +input.step);
      } while (number(round(back(+input.value))) === before && input.value !== at);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    tell(value);
    // Where the numbers on screen were computed with another value, that value.
    onShown((inEffect) => {
      const used = inEffect[control.key];
      effect.textContent =
        used === undefined || number(used) === out.textContent
          ? ""
          : ` ${say("theory.computed_with", { v: number(used) })}`;
    });
    return make(
      "label",
      "slide",
      make("span", "", ...typeset(labelled(chapter, control.key)), " ", out, effect),
      input,
    );
  },
  write: (value) => String(value),
  read(text, { low, high, step }) {
    const [v] = numbersIn(text, 1, low, high) || [];
    return v !== undefined && Number.isInteger(step) ? Math.round(v) : v;
  },
};

/** @type {Lever} */
const choice = {
  make(chapter, control, value, moved) {
    const group = make("div", "options"),
      buttons = control.options.map((option) => {
        const button = make("button", "", ...typeset(say(`ch_${chapter}.option_${option}`)));
        button.type = "button";
        button.addEventListener("click", () => {
          press(option);
          moved(option);
        });
        return group.appendChild(button);
      });
    const press = (chosen) =>
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", control.options[i] === chosen));
    press(value);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", labelled(chapter, control.key));
    return make("div", "choice", make("span", "", ...typeset(labelled(chapter, control.key))), group);
  },
  write: (value) => value,
  read: (text, { options }) => (options.includes(text) ? text : undefined),
};

/** @type {Lever} */
const bars = {
  make(chapter, control, value, moved) {
    const heights = [...value],
      row = make("div", "columns"),
      share = (v) => (100 * (v - control.low)) / (control.high - control.low);
    const columns = heights.map((v, i) => {
      const column = row.appendChild(make("div", "column", make("i")));
      column.tabIndex = 0;
      column.setAttribute("role", "slider");
      column.setAttribute("aria-label", `${labelled(chapter, control.key)} ${number(control.at[i])}`);
      column.setAttribute("aria-valuemin", control.low);
      column.setAttribute("aria-valuemax", control.high);
      column.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const step = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -20, End: 20 }[event.key],
          to = { ArrowLeft: i - 1, ArrowRight: i + 1 }[event.key];
        if (to !== undefined) {
          event.preventDefault();
          columns[Math.max(0, Math.min(heights.length - 1, to))].focus();
        }
        if (!step) return;
        event.preventDefault();
        set(i, heights[i] + (step * (control.high - control.low)) / 20);
        moved([...heights]);
      });
      return column;
    });
    const set = (i, v) => {
      heights[i] = Math.min(control.high, Math.max(control.low, +v.toPrecision(4)));
      finder(columns[i])("i").style.height = `${share(heights[i])}%`;
      columns[i].setAttribute("aria-valuenow", heights[i]);
      columns[i].setAttribute("aria-valuetext", number(heights[i]));
    };
    heights.forEach((v, i) => set(i, v));
    const drag = (event) => {
      const box = row.getBoundingClientRect(),
        i = Math.floor(((event.clientX - box.left) / box.width) * heights.length);
      if (i < 0 || i >= heights.length) return;
      set(i, control.low + (1 - (event.clientY - box.top) / box.height) * (control.high - control.low));
      moved([...heights]);
    };
    hearDrag(row, { begin: drag, move: drag, end() {} });
    const ends = make(
      "div",
      "ends",
      make("span", "", number(control.at[0])),
      make("span", "", number(control.at.at(-1))),
    );
    return make("div", "bars", make("span", "", ...typeset(labelled(chapter, control.key))), row, ends);
  },
  write: (value) => value.map((v) => +v.toPrecision(4)).join("_"),
  read: (text, { value, low, high }) => numbersIn(text, value.length, low, high) || undefined,
};

/** @type {Lever} */
const steps = {
  make(chapter, control, value, moved, onShown) {
    let k = value,
      playing = 0,
      waiting = false;
    const group = make("div", "options"),
      button = (key, act) => {
        const one = group.appendChild(make("button", "", say(`theory.steps_${key}`)));
        one.type = "button";
        one.addEventListener("click", act);
        return one;
      };
    const count = make("b"),
      slow = { once: 0, slow: 900, run: 30 };
    const scrub = Object.assign(document.createElement("input"), {
      type: "range",
      min: 0,
      max: control.most,
      step: 1,
      value,
      hidden: !control.scrub,
    });
    scrub.setAttribute("aria-label", labelled(chapter, control.key));
    scrub.addEventListener("input", () => {
      playing = 0;
      press();
      to(+scrub.value);
    });
    const to = (next) => {
      k = Math.min(control.most, next);
      scrub.value = k;
      count.textContent = number(k, 6);
      waiting = true;
      moved(k);
    };
    // A run stops where every line that leaves something to see has run, wherever it began.
    const stride = control.run_by,
      nextStop = () => k + 1 + ((((control.lands - k - 1) % stride) + stride) % stride);
    const on = () => to(playing === slow.run ? nextStop() : k + 1);
    const play = (pace) => {
      playing = playing === pace ? 0 : pace;
      press();
      if (playing) on();
    };
    button("reset", () => {
      playing = 0;
      press();
      to(0);
    });
    button("once", () => {
      playing = 0;
      press();
      to(k + 1);
    });
    /** @type {[number, HTMLButtonElement][]} */
    const going = [
      [slow.slow, button("slow", () => play(slow.slow))],
      [slow.run, button("run", () => play(slow.run))],
    ];
    const press = () => going.forEach(([pace, one]) => one.setAttribute("aria-pressed", String(playing === pace)));
    press();
    // The next step is asked for once the last one is on screen.
    onShown(() => {
      if (!waiting) return;
      waiting = false;
      if (playing && k < control.most)
        setTimeout(() => {
          if (playing && !waiting && group.isConnected) on();
        }, playing);
      else if (playing) {
        playing = 0;
        press();
      }
    });
    count.textContent = number(k, 6);
    return make(
      "div",
      "choice",
      make("span", "", ...typeset(labelled(chapter, control.key)), " ", count),
      group,
      scrub,
    );
  },
  // A count that can be scrubbed shows at once what it stands for. Another is a run, and a run is not kept.
  write: (value, { scrub }) => (scrub ? String(value) : null),
  read(text, { scrub, most }) {
    const [k] = (scrub && numbersIn(text, 1, 0, most)) || [];
    return k === undefined ? undefined : Math.round(k);
  },
};

/** A kind of lever is one row here. @type {Record<string, Lever>} */
export const LEVERS = { slider, choice, bars, steps };
