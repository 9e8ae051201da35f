import { Bus } from "../page/bus.js";

/**
 * Drawings that become x_0 at once, before Python has confirmed them.
 * @type {Bus<{ x_0: Float32Array, caption: string }>}
 */
export const drawings = new Bus();

/**
 * What x_0 is now, in words, and whether it is the reader's own.
 * @type {Bus<{ caption: string, isOwn: boolean }>}
 */
export const sources = new Bus();
