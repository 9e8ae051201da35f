// The numbers and words at t: in the formula, on the tiles, under the pictures, and for who cannot see these.
import { noiseVariance, snrOf } from "../core/formulas.js";
import { number } from "../core/number.js";
import { say } from "../page/words.js";

export class Numbers {
  /** @param {any} find finds within the stage */
  constructor(find) {
    this.find = find;
  }

  /** @param {string} name @param {string} text */
  part(name, text) {
    const node = this.find(`[data-part="${name}"]`);
    if (node.textContent !== text) node.textContent = text;
  }

  /** @param {string} name @param {string | number} text */
  out(name, text) {
    for (const node of this.find.all(`[data-out="${name}"]`)) node.textContent = String(text);
  }

  /**
   * What a picture shows.
   * @param {HTMLCanvasElement} canvas
   * @param {string} key
   * @param {Record<string, unknown>} values
   */
  see(canvas, key, values) {
    canvas.setAttribute("aria-label", say(`forward.${key}`, values));
  }

  /** @param {{ t: number, T: number, alphaBar: number, a: number, b: number }} at √ᾱ_t and √(1−ᾱ_t) too */
  show({ t, T, alphaBar, a, b }) {
    const snr = snrOf(alphaBar);
    this.out("t", t);
    this.out("sub", t);
    this.out("a", a.toFixed(4));
    this.out("b", b.toFixed(4));
    this.out("root", number(a, 5));
    this.out("noise_root", number(b, 5));
    this.out("alpha_bar", number(alphaBar, 5));
    this.out("snr", number(snr));
    this.out("log_snr", number(Math.log(snr)));
    this.part("end_data", say("forward.end_data"));
    this.part("end_noise", say("forward.end_noise", { T }));
  }

  /** What stands under the pictures, and what they show. */
  describe(panes, film, { t, T, alphaBar, a, b }, caption, isWalking) {
    const percent = Math.round(100 * noiseVariance(alphaBar));
    this.part("caption", caption);
    this.part("x_t", say(isWalking ? "forward.x_t_jump" : "forward.x_t"));
    this.see(panes.x_0, "seen_x_0", { caption });
    this.see(panes.part_x_0, "seen_part_x_0", { t, a: a.toFixed(4) });
    this.see(panes.part_eps, "seen_part_eps", { t, b: b.toFixed(4) });
    this.see(panes.x_t, "seen_x_t", { t, percent });
    this.see(film, "seen_reel", { T });
  }
}
