// Gradio moves a number that lies outside of a slider's range to its end and says nothing; this says it.
import { make } from "./dom.js";
import { say } from "./words.js";

/** What was typed last, and is not judged yet. @type {WeakMap<HTMLInputElement, string>} */
const typed = new WeakMap();

/** @param {EventTarget | null} target @returns {target is HTMLInputElement} */
const isBox = (target) =>
  target instanceof HTMLInputElement && target.type === "number" && Boolean(target.closest(".block"));

/** @param {HTMLInputElement} box */
const judge = (box) => {
  const text = typed.get(box),
    block = box.closest(".block");
  typed.delete(box);
  if (text === undefined || !block) return;
  const { min, max, value } = box,
    end = +text < +min ? min : +text > +max ? max : null;
  const told = block.querySelector(".ddpm-clamped");
  if (!text || !min || !max || end === null || +value !== +end) return void told?.remove();
  const line = told || block.appendChild(make("p", "ddpm-clamped"));
  line.setAttribute("role", "status");
  line.textContent = say("app.clamped", { typed: text, low: min, high: max, kept: end });
};

/** From now on, for every number box of the page that has a range; whoever clamps does so when the box is left. */
export const followClamps = () => {
  const note = ({ target, isTrusted }) => isTrusted && isBox(target) && typed.set(target, target.value);
  addEventListener("input", note, true);
  addEventListener("focusout", ({ target }) => isBox(target) && setTimeout(() => judge(target), 100), true);
};
