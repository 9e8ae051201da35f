// The slider along t and the buttons about it: shows where the player is, and tells it what was asked.
import { say } from "../page/words.js";

export class Transport {
  // `asked` holds what to do: scrub(k), first(), back(), prev(), play(), next(), last(), loop(), follow(), speed(x).
  constructor(player, asked) {
    const box = (this.box = player.querySelector(".transport"));
    this.range = box.querySelector("input");
    this.flag = box.querySelector(".flag");
    this.track = box.querySelector(".track");
    this.status = box.querySelector(".status");
    this.buttons = Object.fromEntries([...player.querySelectorAll("[data-do]")].map((b) => [b.dataset.do, b]));
    this.speeds = [...player.querySelectorAll("[data-speed]")];
    this.range.addEventListener("input", () => asked.scrub(+this.range.value));
    for (const [name, button] of Object.entries(this.buttons)) button.addEventListener("click", () => asked[name]());
    for (const button of this.speeds) button.addEventListener("click", () => asked.speed(+button.dataset.speed));
    this.start([], { T: 0 });
  }

  // A run begins. T is the end of the scale: a chain that starts lower has less of its colours.
  start(steps, { T }) {
    const any = steps.length > 0,
      t = any ? steps[0].t : 0;
    this.steps = steps.length;
    this.range.max = Math.max(1, steps.length);
    this.range.disabled = !any;
    for (const button of Object.values(this.buttons)) button.disabled = !any;
    this.track.style.setProperty("--stretch", any && T > t ? T / t : 1);
    const put = (where, text) => (this.box.querySelector(where).textContent = text);
    put(".end-noise", any ? say(T > t ? "player.end_start" : "player.end_noise", { t }) : "");
    put(".end-data", any ? say("player.end_data", { t: steps[steps.length - 1].s }) : "");
    this.at(0, any ? t : "–");
    this.reached(0);
  }

  at(k, t) {
    const share = this.steps ? k / this.steps : 0,
      text = say("player.at_t", { t });
    if (+this.range.value !== k) this.range.value = k;
    this.box.style.setProperty("--at", share);
    if (this.flag.textContent === text) return;
    this.flag.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
  }

  // Up to which step frames have arrived.
  reached(k) {
    this.box.style.setProperty("--reached", this.steps ? k / this.steps : 0);
  }

  // What changes with every step is read when one looks for it, and not aloud.
  tell(text, quiet = false) {
    const live = quiet ? "off" : "polite";
    if (this.status.getAttribute("aria-live") !== live) this.status.setAttribute("aria-live", live);
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  press({ playing, loop, speed, following, canFollow }) {
    const pressed = { play: playing > 0, back: playing < 0, loop, follow: following };
    for (const [name, on] of Object.entries(pressed)) this.buttons[name].setAttribute("aria-pressed", String(on));
    this.buttons.follow.classList.toggle("is-absent", !canFollow);
    for (const button of this.speeds) button.setAttribute("aria-pressed", String(+button.dataset.speed === speed));
  }
}
