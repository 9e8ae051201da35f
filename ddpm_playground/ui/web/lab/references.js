import { float64 } from "../core/base64.js";
import { tablesFrom } from "../core/formulas.js";
import { say } from "../page/words.js";

/**
 * The published schedules beside which others are shown, with their tables and titles.
 * @param {import("../protocol").Reference[]} given
 */
export const referencesFrom = (given) =>
  given.map((one) => ({ ...one, title: say(`lab.reference_${one.name}`), tables: tablesFrom(float64(one.betas)) }));
