// A formula of a chapter, drawn when its turn has come.
import { typesetTex as typesetAtOnce } from "../draw/katex.js";

/**
 * @param {import("../page/pace.js").Pace} pace
 * @param {any} node
 * @param {string} source
 */
export const typesetTex = (pace, node, source, display = false) =>
  typesetAtOnce(node, source, display, (draw) => pace.put(node, node.closest(".block") || node, draw));
