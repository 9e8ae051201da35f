// Frames that a busy or late page has missed. It gets only the newest of several messages: what came between them is
// asked for, and asked for again, ever more patiently, if the answer went the same way or is long under way.
// docs/protocol.md shows the whole of it.
const TRIES = 5,
  FIRST_MS = 1000;

export class Arrivals {
  /** The run that is shown. @type {string | null} */
  run = null;
  /** How many of its frames have come. */
  had = 0;
  /** A run of which not even the first message has come. @type {string | null} */
  awaited = null;
  /** What was missed and asked for. @type {{ run: string, first: number } | null} */
  #missed = null;

  /**
   * @param {(asked: { run: string, first: number }) => void} send
   * @param {() => boolean} isConnected
   */
  constructor(send, isConnected) {
    this.send = send;
    this.isConnected = isConnected;
  }

  /** Runs that were shown before: what is still under way of them comes too late. @type {Set<string>} */
  #past = new Set();

  /** @param {string} run */
  start(run) {
    if (this.run !== null && this.run !== run) this.#past.add(this.run);
    this.run = run;
    this.had = 0;
  }

  /** What still comes of this run comes too late. @param {string} run */
  leave(run) {
    this.#past.add(run);
  }

  /** @param {string} run */
  isPast(run) {
    return this.#past.has(run);
  }

  /** The run is gone: nobody answers any more. */
  giveUp() {
    this.#missed = null;
  }

  /**
   * Asks for the frames of `run` from `first` on.
   * @param {string} run
   * @param {number} first
   */
  fetch(run, first, tries = TRIES) {
    const before = this.#missed;
    if (before && before.run === run && before.first === first) return;
    const mine = (this.#missed = { run, first });
    this.send(mine);
    const again = () => {
      if (this.#missed !== mine) return;
      this.#missed = null;
      const isMissing = run === this.run ? this.had <= first : run === this.awaited;
      if (tries && this.isConnected() && isMissing) this.fetch(run, first, tries - 1);
    };
    setTimeout(again, FIRST_MS * 2 ** (TRIES - tries));
  }
}
