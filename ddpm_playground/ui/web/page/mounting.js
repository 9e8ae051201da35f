// When a component is mounted: once it is first seen. Its module and what it starts from come then, and one component a
// frame is mounted, so that no frame waits for a whole tab.
import { make } from "./dom.js";
import { ask } from "./server.js";

/** @param {Element} element */
const seen = (element) =>
  new Promise((/** @type {(value?: unknown) => void} */ done) => {
    // It may have no box of its own (display: contents), but then something in it has.
    const nodes = [element, ...element.querySelectorAll("*")];
    // It is told of an element's size at the beginning, and when that is shown.
    const observer = new ResizeObserver(() => {
      if (!nodes.some((node) => node.getClientRects().length)) return;
      observer.disconnect();
      done();
    });
    for (const node of nodes) observer.observe(node);
  });

/** @type {Promise<unknown>} */
let last = Promise.resolve();
const nextTurn = () => {
  last = last.then(() => new Promise(requestAnimationFrame));
  return last;
};

// How many have been seen and are not mounted yet.
let waiting = 0;
const QUIET_MS = 400;
/** Once nothing that is seen has been waiting for a while. */
export const atRest = async () => {
  for (let since = performance.now(); performance.now() - since < QUIET_MS;) {
    await new Promise((done) => setTimeout(done, QUIET_MS / 4));
    if (waiting) since = performance.now();
  }
};

/**
 * @param {Component["props"]} props
 * @param {string} first
 * @returns {Component["props"]} with that value as long as no other has come
 */
const startingFrom = (props, first) =>
  new Proxy(props, { get: (all, name) => (name === "value" ? all.value || first : all[/** @type {string} */ (name)]) });

/**
 * Mounts a component with a module's `mount`; until then, nothing in it can be pressed.
 * @param {string} url
 * @param {Component} component
 */
export async function mountOnceSeen(url, component) {
  await seen(component.element);
  waiting += 1;
  try {
    await mountNow(url, component);
  } finally {
    waiting -= 1;
  }
}

/**
 * @param {string} url
 * @param {Component} component
 */
async function mountNow(url, component) {
  const { element, server, props } = component;
  const room = url.split("/").at(-2) || "";
  window.ddpm.preload(room);
  const [script, words, first] = await Promise.all([
    ask(() => import(url)),
    ask(() => window.ddpm.words(room).then(() => ({}))),
    server.first_value ? ask(() => server.first_value({})) : null,
  ]);
  const problem = script.problem || words.problem || first?.problem;
  if (problem) {
    element.append(make("p", "ddpm-note", problem));
    return;
  }
  await nextTurn();
  if (!element.isConnected) return;
  script.mount(first ? { ...component, props: startingFrom(props, first.value) } : component);
  element.inert = false;
}
