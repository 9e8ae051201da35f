// Asking the server, and showing what it refuses.
import { say } from "./words.js";

/** @typedef {Record<string, unknown>} Values */

/** Whose tickets these are: one name for each page. */
const asker = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join("-");

/** A name that nobody else has. */
export const newName = () => crypto.getRandomValues(new Uint32Array(2)).join("-");

// A server that has taken a question and does not answer it for so long is as good as gone.
const PATIENCE_MS = 120_000;

/** @param {Promise<any>} question */
const answered = (question) => {
  let clock = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  const late = new Promise((_, fail) => {
    clock = setTimeout(fail, PATIENCE_MS);
  });
  return Promise.race([question, late]).finally(() => clearTimeout(clock));
};

/**
 * What `work` answers, or {problem} where the server cannot be reached; a problem stands in `line`. null if it is not
 * wanted any more.
 * @param {() => Promise<any>} work
 * @param {{ line?: Element | null, wanted?: () => boolean }} [options]
 * @returns {Promise<any>}
 */
export const ask = (work, options) => heard(() => answered(work()), options);

/**
 * @param {() => Promise<any>} work
 * @param {{ line?: Element | null, wanted?: () => boolean }} [options]
 * @returns {Promise<any>}
 */
async function heard(work, { line = null, wanted = () => true } = {}) {
  let answer;
  try {
    answer = await work();
  } catch {
    answer = null;
  }
  // Of a server that is gone, Gradio makes no answer and no error.
  if (typeof answer !== "object" || answer === null) answer = { problem: say("app.unreachable") };
  if (!wanted()) return null;
  if (line) line.textContent = answer.problem || "";
  return answer;
}

/**
 * What a server function answers once its turn has come; meanwhile `line` says how many go before. It answers soon,
 * with a ticket where it is not done yet: then it is asked again. Where it is not wanted any more, the server is
 * told so and the work ends; it ends too where nobody asks again.
 * @param {(argument: Values) => Promise<any>} call
 * @param {Values} argument
 * @param {{ line: Element, wanted?: () => boolean, onProgress?: (done: number, total: number) => void }} options
 */
export function askInTurn(call, argument, { line, wanted = () => line.isConnected, onProgress }) {
  const work = async () => {
    let answer = await answered(call({ ...argument, asker }));
    while (answer && answer.ticket && wanted()) {
      const { place, progress = [] } = answer;
      if (progress.length && onProgress) {
        line.textContent = "";
        onProgress(progress[0], progress[1]);
      } else line.textContent = say(place ? "turns.waiting" : "turns.working", { place });
      answer = await answered(call({ ticket: answer.ticket, asker }));
    }
    if (answer && answer.ticket) call({ ticket: answer.ticket, asker, give_up: true }).catch(() => {});
    return answer && answer.replaced ? { problem: say("turns.given_up") } : answer;
  };
  return heard(work, { line, wanted });
}

/** Questions of which only the newest is still wanted, while the component stands. */
export class Newest {
  #count = 0;

  /** @param {Element} element */
  constructor(element) {
    this.element = element;
  }

  /** A new question; the older ones are not wanted any more. Tells whether this one still is. */
  next() {
    const mine = ++this.#count;
    return () => mine === this.#count && this.element.isConnected;
  }
}
