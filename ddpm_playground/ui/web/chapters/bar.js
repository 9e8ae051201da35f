// The levers of a chapter, in a bar that stays in view: above on a wide page; on a narrow one from
// below, folded at first so that the chapter's pictures are what is seen.
import { number } from "../core/number.js";
import { typeset } from "../page/dom.js";
import { say } from "../page/words.js";
import { LEVERS, labelled } from "./levers.js";

const brief = (chapter, { key, kind }, value) =>
  kind === "slider"
    ? `${labelled(chapter, key)
        .replace(/（.*|\(.*/, "")
        .trim()} ${number(value)}`
    : "";

/** @param {HTMLElement} bar */
export const makeBar = (bar) => {
  const fold = /** @type {HTMLButtonElement} */ (bar.querySelector(".fold")),
    controls = /** @type {HTMLElement} */ (bar.querySelector(".controls")),
    text = /** @type {HTMLElement} */ (fold.querySelector("span"));
  fold.addEventListener("click", () => {
    const folded = bar.classList.toggle("folded");
    fold.setAttribute("aria-expanded", String(!folded));
  });
  return {
    controls,
    /** What the folded bar says. */
    tell(chapter, levers, values) {
      const told = levers.map((lever) => brief(chapter, lever, values[lever.key])).filter(Boolean);
      text.replaceChildren(...typeset([say("theory.levers"), ...told].join(" · ")));
    },
    /** The levers anew. */
    put(chapter, levers, values, moved, shown) {
      this.tell(chapter, levers, values);
      controls.replaceChildren(
        ...levers.map((control) => {
          const lever = LEVERS[control.kind].make(
            chapter,
            control,
            values[control.key],
            (v) => moved(control, v),
            shown,
          );
          lever.dataset.lever = control.key;
          return lever;
        }),
      );
    },
  };
};
