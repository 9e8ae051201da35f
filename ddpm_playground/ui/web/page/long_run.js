// A deed of some seconds or minutes: its button, how far it is, how long the rest takes, and a way to stop it.
import { askInTurn } from "./server.js";
import { say } from "./words.js";

export class LongRun {
  /**
   * @param {(selector: string) => any} find of a component with .go, .cancel, .progress and .problem
   * @param {Element} element of the component, which must stand for an answer to be wanted
   * @param {() => void} ended what is done besides where the reader cancels it
   */
  constructor(find, element, ended = () => {}) {
    this.find = find;
    this.element = element;
    this.ended = ended;
    this.newest = 0;
    find(".cancel").addEventListener("click", () => this.end());
  }

  /** Nothing that was asked for is wanted any more. */
  end() {
    this.newest++;
    this.rest();
    this.find(".problem").textContent = "";
    this.ended();
  }

  /** It is asked for; the older ones are not wanted any more. @returns {number} which one this is */
  begin() {
    this.find(".go").disabled = true;
    this.find(".cancel").hidden = false;
    return ++this.newest;
  }

  rest() {
    this.find(".go").disabled = false;
    this.find(".cancel").hidden = this.find(".progress").hidden = true;
  }

  /** @returns {(done: number, total: number) => void} */
  progress() {
    /** @type {{ done: number, now: number } | null} */
    let first = null;
    const line = this.find(".progress");
    return (done, total) => {
      const now = performance.now();
      first = first || { done, now };
      const left = done > first.done ? (((now - first.now) / (done - first.done)) * (total - done)) / 1000 : null;
      line.hidden = false;
      line.querySelector("progress").value = done / total;
      line.querySelector("span").textContent =
        left === null ? say("runs.at", { share: Math.round((100 * done) / total) })
        : say("runs.at_left", { share: Math.round((100 * done) / total), s: Math.ceil(left) }); // prettier-ignore
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
