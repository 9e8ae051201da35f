// Levers that move from stop to stop: how many points, T, batch, width, steps.
import { make } from "../page/dom.js";
import { say } from "../page/words.js";

/** The stop that is nearest to a value, by ratio. */
export const nearestStop = (stops, value) => {
  const away = (/** @type {number} */ stop) => Math.abs(Math.log(stop / value));
  return stops.reduce((best, stop) => (away(stop) < away(best) ? stop : best));
};

export class Levers {
  /**
   * @param {Record<string, { stops: ReadonlyArray<number>, first: number }>} given
   * @param {(name: string) => Element} placeOf where a lever stands
   */
  constructor(given, placeOf) {
    this.given = given;
    this.inputs = Object.fromEntries(Object.keys(given).map((name) => [name, this.build(name, placeOf(name))]));
    this.set({});
  }

  build(name, place) {
    const input = make("input"),
      shown = make("b");
    Object.assign(input, { type: "range", min: 0, max: this.given[name].stops.length - 1, step: 1 });
    input.dataset.lever = name;
    input.addEventListener("input", () => this.show(name));
    place.append(make("label", "slide", make("span", "", say(`train.lever_${name}`), " ", shown), input));
    return { input, shown };
  }

  /** @param {(name: string) => void} moved */
  hear(moved) {
    for (const [name, { input }] of Object.entries(this.inputs)) input.addEventListener("input", () => moved(name));
  }

  show(name) {
    const { input, shown } = this.inputs[name],
      text = this.values[name].toLocaleString("en");
    shown.textContent = text;
    input.setAttribute("aria-valuetext", text);
  }

  /** @returns {Record<string, number>} */
  get values() {
    return Object.fromEntries(
      Object.entries(this.inputs).map(([name, { input }]) => [name, this.given[name].stops[+input.value]]),
    );
  }

  /** @param {Record<string, string | number>} wanted what is not a number above 0 begins where the lever does */
  set(wanted) {
    for (const [name, { stops, first }] of Object.entries(this.given)) {
      this.inputs[name].input.value = String(
        stops.indexOf(nearestStop(stops, +wanted[name] > 0 ? +wanted[name] : first)),
      );
      this.show(name);
    }
  }
}
