// A deed of some seconds or minutes: its button, how far it is, how long the rest takes, and a way to stop it.
import { askInTurn } from "./server.js";
import { say } from "./words.js";

export class LongRun {
  /**
   * @param {(selector: string) => any} find of a component with .go, .cancel, .progress and .problem
   * @param {Element} element of the component, which must stand for an answer to be wanted
   * @param {object} [its] what is its own
   * @param {string} [its.at] the key of what is said of how far it is: {share} %, {done} of {total}
   * @param {string} [its.atLeft] and once there is a pace: {s} seconds are left
   * @param {() => void} [its.onRest] what is done besides when it has ended, whichever way
   * @param {() => void} [its.onEnd] and where the reader cancels it
   */
  constructor(find, element, { at = "runs.at", atLeft = "runs.at_left", onRest = () => {}, onEnd = () => {} } = {}) {
    this.find = find;
    this.element = element;
    this.words = { at, atLeft };
    this.onRest = onRest;
    this.onEnd = onEnd;
    this.isRunning = false;
    this.newest = 0;
    find(".cancel").addEventListener("click", () => this.end());
  }

  /** Nothing that was asked for is wanted any more. */
  end() {
    this.newest++;
    this.rest();
    this.find(".problem").textContent = "";
    this.onEnd();
  }

  /** It is asked for; the older ones are not wanted any more. @returns {number} which one this is */
  begin() {
    this.isRunning = true;
    this.find(".go").disabled = true;
    this.find(".cancel").hidden = false;
    return ++this.newest;
  }

  rest() {
    this.isRunning = false;
    this.find(".go").disabled = false;
    this.find(".cancel").hidden = this.find(".progress").hidden = true;
    this.onRest();
  }

  /**
   * The pace is measured between two steps that were seen to end: when the first one that is heard of ended, nobody
   * knows.
   * @returns {(done: number, total: number) => void}
   */
  progress() {
    /** @type {number | null} */
    let heard = null;
    /** @type {{ done: number, now: number } | null} */
    let first = null;
    const line = this.find(".progress");
    return (done, total) => {
      line.hidden = false;
      if (done === heard) return;
      const now = performance.now(),
        left = first && ((now - first.now) / (done - first.done)) * (total - done);
      if (heard !== null) first = first || { done, now };
      heard = done;
      line.querySelector("progress").value = done / total;
      const far = { share: Math.round((100 * done) / total), done, total };
      line.querySelector("span").textContent =
        left === null ? say(this.words.at, far) : say(this.words.atLeft, { ...far, s: Math.ceil(left / 1000) });
    };
  }

  /**
   * What the server answers, or null where it refuses, which is told, or it is not wanted any more.
   * @param {(asked: any) => Promise<any>} call
   * @param {Record<string, unknown>} asked
   */
  async ask(call, asked) {
    const mine = this.begin();
    const wanted = () => mine === this.newest && this.element.isConnected;
    const answer = await askInTurn(call, asked, { line: this.find(".problem"), wanted, onProgress: this.progress() });
    if (!answer) return null;
    this.rest();
    return answer.problem ? null : answer;
  }
}
