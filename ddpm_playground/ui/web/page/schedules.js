// The schedules that the page's settings put on screen. Those that formulas.js knows are made here; another's β_t come
// from the server. window.ddpm.schedules has each schedule's parameters and how many of them fit.
import { float64 } from "../core/base64.js";
import { checkedTables, NoSchedule, SCHEDULES, scheduleTables } from "../core/formulas.js";
import { number } from "../core/number.js";
import { Bus } from "./bus.js";
import { ask } from "./server.js";
import { onSettings } from "./settings.js";
import { say } from "./words.js";

export const publishedParams = (key) =>
  Object.fromEntries(
    Object.entries(window.ddpm.schedules.params[key]).map(([name, { published }]) => [name, published]),
  );

// "beta_start:0.0001,beta_end:0.02" as numbers. Those of another schedule count for nothing: this one was just chosen.
export const paramsOf = (key, text) => {
  const values = publishedParams(key),
    given = text ? text.split(",").map((part) => part.split(":")) : [];
  if (given.every(([name]) => name in values)) for (const [name, number] of given) values[name] = +number;
  return values;
};

// Tables of the last few schedules, common to all views.
const kept = new Map();
const MOST_KEPT = 8;
const keep = (map, name, value) => {
  map.delete(name);
  map.set(name, value);
  if (map.size > MOST_KEPT) map.delete(map.keys().next().value);
  return value;
};
const tablesOf = (key, T, params, zeroSnr) => {
  const name = JSON.stringify([key, T, params, zeroSnr]);
  return keep(kept, name, kept.get(name) || made(key, T, params, zeroSnr));
};
const made = (key, T, params, zeroSnr) =>
  key in SCHEDULES ? scheduleTables(key, T, params, zeroSnr) : checkedTables(fetched(key, T, params), zeroSnr);

// What the server answered of the last few schedules that only it knows: β_t, or why there are none. One question at a
// time: once it is answered, everybody draws what the settings ask for by then, and asks again for what is missing.
/** @type {Map<string, { betas?: Float64Array, problem?: string }>} */
const answers = new Map();
/** @type {Bus<null>} */
const arrivals = new Bus();
/** @type {Component["server"]} */
let server = {};
let isAsking = false;

/** @returns {Float64Array} β_0…β_T */
function fetched(schedule, T, params) {
  const asked = {
    schedule,
    T,
    params: Object.entries(params)
      .map(([name, value]) => `${name}:${value}`)
      .join(","),
  };
  const name = JSON.stringify(asked),
    { betas, problem } = answers.get(name) || {};
  if (betas) return betas;
  if (problem) throw new NoSchedule("refused", { problem });
  if (!isAsking) fetchBetas(name, asked);
  throw new NoSchedule("awaited");
}

async function fetchBetas(name, asked) {
  isAsking = true;
  // What was refused may be asked again once something else was asked.
  for (const [key, { problem }] of answers) if (problem) answers.delete(key);
  const { betas, problem } = await ask(() => server.schedule_betas(asked));
  isAsking = false;
  keep(answers, name, betas ? { betas: float64(betas) } : { problem });
  arrivals.tell(null);
}

/**
 * Calls `redraw` whenever what `shownSchedules` gives may be another: the settings' own schedule, those of `more`, or
 * what came from the server.
 * @param {Component} component
 * @param {import("./settings.js").Key[]} more
 * @param {() => void} redraw
 */
export const onSchedules = (component, more, redraw) => {
  server = component.server;
  onSettings(component.element, [...SCHEDULE_KEYS, ...more], redraw);
  arrivals.listen(component.element, redraw);
};

/** Whether a problem is only that the server has not answered yet. @param {NoSchedule} problem */
export const isAwaited = ({ message }) => message === "awaited";

/** Why there is no schedule. @param {NoSchedule} problem */
export const reasonOf = ({ message, values }) =>
  values.problem ||
  say(
    `schedule.${message}`,
    Object.fromEntries(Object.entries(values).map(([name, v]) => [name, typeof v === "number" ? number(v, 6) : v])),
  );

// T, where it can be one; null while its box is empty.
const wholeT = ({ T }) => {
  const most = window.ddpm.schedules.most_T;
  if (T === null || T === "") return null;
  if (!Number.isInteger(T) || T < 1 || T > most) throw new NoSchedule("bad_T", { T, most });
  return T;
};

// The chosen schedule, then those laid over it as published, each once; null while T's box is empty.
export const shownSchedules = (recipe) => {
  const { schedule, params, zero_snr: zeroSnr, compare } = recipe,
    T = wholeT(recipe),
    own = paramsOf(schedule, params);
  if (T === null) return null;
  const shown = [{ key: schedule, form: zeroSnr ? "rescaled" : "", tables: tablesOf(schedule, T, own, zeroSnr) }];
  const unchanged = !zeroSnr && JSON.stringify(own) === JSON.stringify(publishedParams(schedule));
  for (const key of (compare || "").split(",").filter(Boolean)) {
    const form = key === schedule ? "published" : "";
    if (
      shown.length < window.ddpm.schedules.most &&
      !(form && unchanged) &&
      !shown.some((one) => one.key === key && one.form === form)
    )
      shown.push({ key, form, tables: tablesOf(key, T, publishedParams(key), false) });
  }
  return shown;
};

/**
 * What `make` makes; null where the settings do not make a schedule, and then `tell` hears why.
 * @template T
 * @param {() => T} make
 * @param {(problem: NoSchedule) => void} [tell]
 */
export const tried = (make, tell) => {
  try {
    return make();
  } catch (problem) {
    if (!(problem instanceof NoSchedule)) throw problem;
    tell?.(problem);
    return null;
  }
};

/** The settings that make the schedule. @type {import("./settings.js").Key[]} */
const SCHEDULE_KEYS = ["schedule", "T", "params", "zero_snr"];
