// Which levers each deed with a picture of one's own has.
import { usualLevers } from "./usual_levers.js";

/**
 * @param {string} deed
 * @param {import("./usual_levers.js").Facts} facts of the checkpoint
 * @param {{ most_steps: number, most_fixed: number, most_resample: number }} start
 * @returns {Record<string, import("./levers_form.js").Lever>}
 */
export const ownLevers = (deed, facts, start) => {
  const { label, num_steps, sampler, strength, guidance, seed } = usualLevers(facts, start.most_steps),
    fixed_points = { min: 0, max: start.most_fixed, step: 1, usual: 0 },
    resample = { min: 1, max: start.most_resample, step: 1, usual: 5 },
    jump = { min: 1, max: num_steps.max, step: 1, usual: Math.min(5, num_steps.max || 1) },
    count = { min: 5, max: 15, step: 1, usual: 7 },
    edit = { label, num_steps, sampler, seed, strength, guidance };
  return {
    edit,
    guess: edit,
    inpaint: { label, num_steps, resample, jump, sampler, seed, strength, guidance },
    invert: { label, num_steps, fixed_points, guidance },
    interpolate: { label, num_steps, count, fixed_points, guidance },
    seeds: { label, num_steps, count, seed, other_seed: { ...seed, usual: 1 }, guidance },
  }[deed];
};

/** How many pictures a deed begins with. @param {string} deed */
export const picturesOf = (deed) => ({ interpolate: 2, seeds: 0 })[deed] ?? 1;

/** What the command line is told for it; a picture that has no number is a file there. */
export const wordsOf = (/** @type {string} */ deed, /** @type {any} */ asked, /** @type {number} */ T) => {
  const names = asked.pictures
      .map((/** @type {unknown} */ one) => (typeof one === "number" ? one : "FILE.png"))
      .join(","),
    label = asked.label < 0 ? "none" : asked.label,
    pictures = { interpolate: ["--pictures", names], seeds: ["--seeds", `${asked.seed},${asked.other_seed}`] };
  const words = [...(pictures[deed] || ["--picture", names]), "--label", label];
  words.push("--steps", asked.num_steps, "--guidance", asked.guidance);
  const ts = asked.ts || Array.from({ length: 9 }, (_, k) => Math.round((T * k) / 8));
  if (deed === "edit" || deed === "guess") words.push("--t", ts.join(","));
  if (deed === "inpaint") words.push("--mask", "MASK.png", "--resample", asked.resample, "--jump", asked.jump);
  if (asked.sampler) words.push("--sampler", asked.sampler, "--seed", asked.seed);
  if (asked.sampler === "ddim") words.push("--eta", asked.strength);
  if (asked.fixed_points) words.push("--fixed-points", asked.fixed_points);
  if (asked.count) words.push("--count", asked.count);
  return words;
};
