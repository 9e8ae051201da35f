// The bundled digits, a strip for each class; all are cut from one picture with 40 digits a row.
import { bytes } from "../core/base64.js";
import { makeButton, opened } from "../page/dom.js";
import { onResize } from "../page/life.js";
import { say } from "../page/words.js";
import { sources } from "./drawing.js";

const COLUMNS = 40;

/** @param {Component} component */
export function mount({ element, props, trigger, watch }) {
  const { find } = opened(element, ".digits");
  const classes = find(".classes"),
    strip = find(".strip");
  const { atlas, labels } = JSON.parse(props.value),
    rows = Math.ceil(labels.length / COLUMNS);
  const sheet = URL.createObjectURL(new Blob([bytes(atlas)], { type: "image/png" }));
  let shown = null,
    chosen = null;

  const button = (parent, name) => {
    const node = makeButton();
    node.setAttribute("aria-label", name);
    parent.append(node);
    return node;
  };

  for (let label = 0; label < 10; label++) {
    const node = button(classes, say("forward.digits_class", { label }));
    node.textContent = String(label);
    node.addEventListener("click", () => show(String(label)));
  }

  function show(label) {
    if (label === shown) return;
    shown = label;
    [...classes.children].forEach((node, i) => node.setAttribute("aria-pressed", String(String(i) === label)));
    strip.replaceChildren();
    for (let digit = 0; digit < labels.length; digit++) {
      if (labels[digit] !== label) continue;
      const node = button(strip, say("forward.digits_one", { label, digit })),
        column = digit % COLUMNS,
        row = Math.floor(digit / COLUMNS);
      node.setAttribute("role", "radio");
      node.dataset.digit = String(digit);
      node.style.backgroundImage = `url(${sheet})`;
      node.style.backgroundSize = `${100 * COLUMNS}% ${100 * rows}%`;
      node.style.backgroundPosition = `${(100 * column) / (COLUMNS - 1)}% ${(100 * row) / (rows - 1)}%`;
    }
    strip.scrollLeft = 0;
    mark();
  }

  // Only the chosen one is reached by Tab, as in every radio group.
  function mark() {
    const nodes = [...strip.children],
      at = nodes.findIndex((node) => +node.dataset.digit === chosen);
    nodes.forEach((node, i) => {
      node.setAttribute("aria-checked", String(i === at));
      node.tabIndex = i === Math.max(0, at) ? 0 : -1;
    });
    const node = nodes[at];
    if (!node || !strip.clientWidth) return;
    const left = node.offsetLeft - strip.scrollLeft;
    if (left < 0 || left + node.offsetWidth > strip.clientWidth)
      strip.scrollLeft = node.offsetLeft - strip.clientWidth / 2;
  }

  function choose(node) {
    chosen = +node.dataset.digit;
    mark();
    node.focus({ preventScroll: true });
    trigger("pick", { digit: chosen });
  }

  strip.addEventListener("click", (event) => event.target.dataset.digit && choose(event.target));
  strip.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key],
      node = document.activeElement;
    if (!step || node.parentElement !== strip) return;
    event.preventDefault();
    const next = step > 0 ? node.nextElementSibling : node.previousElementSibling;
    if (next) choose(next);
  });

  function receive() {
    if (props.digit === null || props.digit === undefined) return;
    chosen = props.digit;
    if (labels[chosen] !== shown) show(labels[chosen]);
    mark();
  }
  // What is chosen may be a drawing or a file: then no digit is.
  sources.listen(element, ({ caption, isOwn }) => {
    find(".chosen").textContent = say("forward.chosen", { caption });
    chosen = isOwn ? null : props.digit;
    mark();
  });
  onResize(strip, mark);
  watch("digit", receive);
  receive();
}
