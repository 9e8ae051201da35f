// Words on the stage: as large as they fit; where they are too many even when small, page by page, and no line is cut.
import { finder, make } from "../page/dom.js";

const LETTERS = { most: 52, least: 28, step: 4 }; // px
// What stays whole: the outermost of these.
const WHOLE = "li, .line, p, tr, figcaption";

export class Pages {
  /**
   * @param {HTMLElement} box
   * @param {HTMLElement} told where it says which page of how many this is
   */
  constructor(box, told) {
    this.box = box;
    this.told = told;
    this.rest = make("div", "rest"); // room beneath, so that the last page too begins at the top
    this.at = 0;
    this.fitted = "";
    /** @type {HTMLElement[][]} */
    this.pages = [];
    told.textContent = "";
  }

  get now() {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = this.box;
    return [clientWidth, clientHeight, scrollWidth, scrollHeight].join("/");
  }

  /** They are others now. */
  changed() {
    this.fitted = "";
  }

  fits() {
    const { clientWidth, clientHeight, scrollWidth, scrollHeight } = this.box;
    return scrollHeight <= clientHeight + 1 && scrollWidth <= clientWidth + 1;
  }

  /** @param {boolean} mayBeTwo whether they may stand in two columns where one is too high */
  fit(mayBeTwo) {
    if (!this.box.children.length || this.fitted === this.now) return;
    this.rest.remove();
    this.box.classList.remove("paged");
    if (this.size(mayBeTwo)) this.pages = [];
    else this.split();
    this.box.classList.toggle("paged", this.pages.length > 1);
    if (this.pages.length > 1) this.box.append(this.rest);
    this.show(Math.min(this.at, Math.max(0, this.pages.length - 1)));
    this.fitted = this.now;
  }

  // The largest letters with which they fit, yet never under what can be read; whether there are such.
  size(mayBeTwo) {
    const { most, least, step } = LETTERS,
      { box } = this;
    for (const isTwo of mayBeTwo ? [false, true] : [false]) {
      box.classList.toggle("two", isTwo);
      for (let size = most; size >= least; size -= step) {
        box.style.fontSize = `${size}px`;
        if (this.fits()) return true;
      }
    }
    box.classList.remove("two");
    return false;
  }

  split() {
    const all = finder(this.box)
      .all(WHOLE)
      .filter((one) => !one.parentElement?.closest(WHOLE));
    this.pages = [];
    let top = 0;
    for (const one of all) {
      const box = one.getBoundingClientRect(),
        last = this.pages.at(-1);
      if (last && box.bottom - top <= this.box.clientHeight) last.push(one);
      else {
        this.pages.push([one]);
        ({ top } = box);
      }
    }
    this.rest.style.height = `${this.box.clientHeight}px`;
  }

  /** @param {number} at */
  show(at) {
    this.at = at;
    const { pages, box } = this;
    pages.forEach((page, i) => {
      for (const one of page) one.style.visibility = i === at ? "" : "hidden";
    });
    if (pages.length > 1) box.scrollTop += pages[at][0].getBoundingClientRect().top - box.getBoundingClientRect().top;
    this.told.textContent = pages.length > 1 ? `${at + 1} / ${pages.length} ${at + 1 < pages.length ? "↓" : "↑"}` : "";
  }

  /** Turns to the page after this one, or before; whether there was one. @param {number} by */
  turn(by) {
    if (!this.pages[this.at + by]) return false;
    this.show(this.at + by);
    return true;
  }
}
