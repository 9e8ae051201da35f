// What a run begins with, as the form has it and as the address holds it: "data:spiral,schedule:cosine".
import { number } from "../core/number.js";
import { say } from "../page/words.js";
import { Levers } from "./levers.js";
import { OwnMixture } from "./own_mixture.js";

export class RunSettings {
  /**
   * @param {any} find finds within the form
   * @param {import("../protocol").TrainStart} start
   */
  constructor(find, start) {
    this.find = find;
    this.start = start;
    this.data = "mixture";
    this.schedule = find(".schedule");
    this.slider = find(".lr");
    this.seed = find(".seed");
    this.schedule.append(...start.schedules.map((name) => new Option(say(`schedule.choice_${name}`), name)));
    this.slider.value = Math.log10(start.learning_rate);
    this.levers = new Levers(start.levers, (name) => find(name === "n" ? ".points" : ".more .fields"));
    this.mixture = new OwnMixture(find, start.own);
    this.mixture.isOn = () => this.data === "own";
    this.first = {
      data: "mixture",
      schedule: start.schedules[0],
      rate: this.rate,
      seed: 0,
      own: this.mixture.text,
      ...this.levers.values,
    };
    this.showRate();
  }

  /** The learning rate, to two digits: its slider is its decimal logarithm. */
  get rate() {
    return +(10 ** +this.slider.value).toPrecision(2);
  }

  showRate() {
    this.find(".rate").textContent = number(this.rate);
  }

  get values() {
    const { data, schedule, rate, seed, levers, mixture } = this,
      own = mixture.text;
    return { data, schedule: schedule.value, rate, seed: seed.valueAsNumber, own, ...levers.values };
  }

  /** Those that are not where they began, as the address has them. */
  changed() {
    return Object.entries(this.values)
      .filter(([key, value]) => value !== this.first[key] && !Number.isNaN(value))
      .map((pair) => pair.join(":"))
      .join(",");
  }

  /** @param {string} text from the address: what it names and can be had */
  restore(text) {
    const { start } = this,
      given = Object.fromEntries(text.split(",").map((part) => part.split(":")));
    if (start.data.includes(given.data)) this.data = given.data;
    if (start.schedules.includes(given.schedule)) this.schedule.value = given.schedule;
    if (+given.rate > 0) this.slider.value = Math.log10(+given.rate);
    if (Number.isSafeInteger(+given.seed) && +given.seed >= 0) this.seed.value = +given.seed;
    this.levers.set(given);
    if (given.own) this.mixture.text = given.own;
    this.showRate();
  }
}
