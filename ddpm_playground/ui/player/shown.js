// The page's settings as they stand, and the schedules that they put on screen; all in the browser.
// window.ddpmRecipe holds every setting, window.ddpmSchedules each schedule's parameters and how many of them fit.
const publishedParams = (key) => Object.fromEntries(Object.entries(window.ddpmSchedules.params[key]).map(([name, { published }]) => [name, published]));

// "beta_start:0.0001,beta_end:0.02" as numbers. Those of another schedule count for nothing: this one was just chosen.
const paramsOf = (key, text) => {
  const values = publishedParams(key), given = text ? text.split(",").map((part) => part.split(":")) : [];
  if (given.every(([name]) => name in values)) for (const [name, number] of given) values[name] = +number;
  return values;
};

// Tables of the last few schedules, common to all views.
const tablesOf = (key, T, params, zeroSnr) => {
  const kept = (window.ddpmTables = window.ddpmTables || new Map()), name = JSON.stringify([key, T, params, zeroSnr]);
  const tables = kept.get(name) || scheduleTables(key, T, params, zeroSnr);
  kept.delete(name);
  kept.set(name, tables);
  if (kept.size > 8) kept.delete(kept.keys().next().value);
  return tables;
};

// T, where it can be one; null while its box is empty.
const wholeT = ({ T }) => {
  const most = window.ddpmSchedules.most_T;
  if (T === null || T === "") return null;
  if (!Number.isInteger(T) || T < 1 || T > most) throw new NoSchedule("bad_T", { T, most });
  return T;
};

// The chosen schedule, then those laid over it as published, each once; null while T's box is empty.
const shownSchedules = (recipe) => {
  const { schedule, params, zero_snr: zeroSnr, compare } = recipe, T = wholeT(recipe), own = paramsOf(schedule, params);
  if (T === null) return null;
  const shown = [{ key: schedule, form: zeroSnr ? "rescaled" : "", tables: tablesOf(schedule, T, own, zeroSnr) }];
  const unchanged = !zeroSnr && JSON.stringify(own) === JSON.stringify(publishedParams(schedule));
  for (const key of (compare || "").split(",").filter(Boolean)) {
    const form = key === schedule ? "published" : "";
    if (shown.length < window.ddpmSchedules.most && !(form && unchanged) && !shown.some((one) => one.key === key && one.form === form))
      shown.push({ key, form, tables: tablesOf(key, T, publishedParams(key), false) });
  }
  return shown;
};

// What `make` makes; null where the settings do not make a schedule, and then `tell` hears why.
const tried = (make, tell = () => {}) => {
  try {
    return make();
  } catch (problem) {
    if (!(problem instanceof NoSchedule)) throw problem;
    tell(problem);
    return null;
  }
};

// Calls `redraw` once the address's settings are known and whenever one of `keys` changes, while the component stands.
const onRecipe = (keys, redraw) => {
  const heard = ({ type, detail }) => {
    if (!element.isConnected) for (const name of ["ddpm:restored", "ddpm:recipe"]) window.removeEventListener(name, heard);
    else if (type === "ddpm:restored" || keys.includes(detail.key)) redraw(detail);
  };
  for (const name of ["ddpm:restored", "ddpm:recipe"]) window.addEventListener(name, heard);
  if (window.ddpmIsRestored) redraw(null);
};
const SCHEDULE_KEYS = ["schedule", "T", "params", "zero_snr"];
