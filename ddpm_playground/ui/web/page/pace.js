// Drawing in small portions, so that a lever never waits for it: what is on screen first, and never much in one frame.

/** So long one frame may be kept busy, in ms; one portion is always drawn. */
const BUDGET = 7;

/** @typedef {{ box: Element, draw: () => void }} Portion */

export class Pace {
  /** @type {Map<unknown, Portion>} */
  #waiting = new Map();
  /** @type {Set<Element>} */
  #seen = new Set();
  /** @type {{ holds: () => boolean, go: (nothing?: undefined) => void }[]} */
  #heard = [];
  #frame = 0;
  #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) this.#seen.add(target);
      else this.#seen.delete(target);
  });

  /**
   * Has a portion drawn when its turn has come; a newer one of the same key takes an older one's place.
   * @param {unknown} key
   * @param {Element} box where it is seen
   * @param {() => void} draw
   */
  put(key, box, draw) {
    this.#waiting.set(key, { box, draw });
    this.#frame = this.#frame || requestAnimationFrame(() => this.#work());
  }

  /**
   * Follows whether these are on screen, and forgets what was followed and waited for before.
   * @param {Element[]} boxes
   */
  follow(boxes) {
    this.#observer.disconnect();
    this.#seen.clear();
    this.#waiting.clear();
    boxes.forEach((box) => this.#observer.observe(box));
  }

  /** Once nothing that is on screen waits any more. */
  shown() {
    return this.#until(() => ![...this.#waiting.values()].some(({ box }) => this.#seen.has(box)));
  }

  /** Once nothing waits any more. */
  done() {
    return this.#until(() => !this.#waiting.size);
  }

  /** @param {() => boolean} holds */
  #until(holds) {
    return new Promise((go) => {
      this.#heard.push({ holds, go });
      this.#frame = this.#frame || requestAnimationFrame(() => this.#work());
    });
  }

  #next() {
    const all = [...this.#waiting];
    return all.find(([, { box }]) => this.#seen.has(box)) || all[0];
  }

  #work() {
    const end = performance.now() + BUDGET;
    for (let next = this.#next(); next; next = this.#next()) {
      const [key, { draw }] = next;
      this.#waiting.delete(key);
      draw();
      if (performance.now() > end) break;
    }
    const heard = this.#heard.filter(({ holds }) => holds());
    this.#heard = this.#heard.filter((one) => !heard.includes(one));
    this.#frame = this.#waiting.size ? requestAnimationFrame(() => this.#work()) : 0;
    heard.forEach(({ go }) => go());
  }
}
