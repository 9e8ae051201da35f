// The levers that the cards have in common.
import { say } from "../page/words.js";

/** @typedef {import("./levers_form.js").Lever} Lever */
/**
 * @typedef {object} Facts of a checkpoint
 * @property {[number, number, number]} shape
 * @property {number} T
 * @property {string[]} classes
 * @property {boolean} needs_label
 * @property {boolean} has_digits
 */

export const SAMPLERS = /** @type {[string, string][]} */ ([
  ["ddpm", "DDPM"],
  ["ddim", "DDIM"],
]);

/**
 * @param {Facts} facts of the checkpoint
 * @param {number} mostSteps
 * @returns {Record<string, Lever>}
 */
export const usualLevers = (facts, mostSteps) => {
  const most = Math.min(mostSteps, facts.T),
    classes = facts.classes.map((name, i) => /** @type {[string, string]} */ ([String(i), name]));
  if (!facts.needs_label) classes.unshift(["-1", say("experiments.no_class")]);
  return {
    label: { options: classes, usual: classes[0][0] },
    num_steps: { min: 1, max: most, step: 1, usual: Math.min(50, most) },
    sampler: { options: SAMPLERS, usual: "ddpm" },
    strength: { min: 0, max: 1, step: 0.1, usual: 0, isRare: true },
    guidance: { min: 0, max: 20, step: 0.5, usual: 1, isRare: true },
    seed: { min: 0, max: 1e9, step: 1, usual: 0 },
  };
};
