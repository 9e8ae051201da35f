// The map of the derivation: a button for each chapter, and arrows from what a chapter takes up.
import { make, makeButton, makeSvg, typeset } from "../page/dom.js";
import { onResize } from "../page/life.js";
import { say } from "../page/words.js";

/**
 * @param {HTMLElement} nav with a list
 * @param {{ name: string, place: { column: number, row: number, follows: string[] } }[]} chapters
 * @param {(i: number) => void} open
 */
export const makeMap = (nav, chapters, open) => {
  const list = /** @type {HTMLElement} */ (nav.querySelector("ol")),
    ways = nav.insertBefore(makeSvg("svg", { "aria-hidden": "true" }), list);
  const buttons = chapters.map(({ name, place }, i) => {
    const button = makeButton(
      "",
      make("i"),
      make("b", "", String(i + 1)),
      make("span", "", ...typeset(say(`ch_${name}.map`))),
    );
    button.title = `${i + 1} · ${say(`ch_${name}.title`).replace(/_|[{}]/g, "")}`;
    button.addEventListener("click", () => open(i));
    const item = list.appendChild(make("li", "", button));
    item.style.gridArea = `${place.row} / ${place.column}`;
    return button;
  });
  let here = "";
  // On a narrow page a circle in a button as large as a finger.
  const rimOf = (button) => {
    const circle = button.querySelector("i");
    return circle.clientWidth ? circle : button;
  };
  const rectOf = (button) => {
    const home = nav.getBoundingClientRect(),
      { left, top, width, height } = rimOf(button).getBoundingClientRect();
    return { x: left - home.left, y: top - home.top, width, height };
  };
  // From the side of one to the side of the other; from above to beneath where they stand in one column.
  const arrow = (from, to) => {
    const a = rectOf(from),
      b = rectOf(to),
      beside = b.x > a.x + a.width / 2;
    const [x1, y1, x2, y2] = beside
      ? [a.x + a.width, a.y + a.height / 2, b.x, b.y + b.height / 2]
      : [a.x + a.width / 2, a.y + a.height, b.x + b.width / 2, b.y];
    const angle = Math.atan2(y2 - y1, x2 - x1),
      tip = (turn) => `${x2 - 6 * Math.cos(angle + turn)} ${y2 - 6 * Math.sin(angle + turn)}`;
    return `M${x1} ${y1}L${x2} ${y2}M${tip(0.5)}L${x2} ${y2}L${tip(-0.5)}`;
  };
  const draw = () => {
    if (!nav.clientWidth) return;
    ways.replaceChildren(
      ...chapters.flatMap(({ name, place }, i) =>
        place.follows.map((before) =>
          makeSvg("path", {
            d: arrow(buttons[chapters.findIndex((one) => one.name === before)], buttons[i]),
            class: name === here || before === here ? "here" : "",
          }),
        ),
      ),
    );
  };
  onResize(nav, draw);
  return (/** @type {number} */ i) => {
    here = chapters[i].name;
    buttons.forEach((button, j) =>
      j === i ? button.setAttribute("aria-current", "page") : button.removeAttribute("aria-current"),
    );
    draw();
  };
};
