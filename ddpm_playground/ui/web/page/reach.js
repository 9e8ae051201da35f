// Whether the server answers. Gradio asks it for much that no script of ours sees, and is silent where that fails; so
// every request of the page is watched here.
import { Bus } from "./bus.js";

/** @type {Bus<boolean>} */
const news = new Bus();
let isReached = true;

/**
 * Calls `hear` with false at every request that the server does not answer, with true once it answers again.
 * @param {Element} element
 * @param {(isReached: boolean) => void} hear
 */
export const onReach = (element, hear) => news.listen(element, hear);

/** Whether the last request was answered. */
export const isServerThere = () => isReached;

/** @param {boolean} now */
const learn = (now) => {
  const isNew = now !== isReached;
  isReached = now;
  if (isNew || !now) news.tell(now);
};

/** @param {RequestInfo | URL} asked */
const isOurs = (asked) => {
  const { origin, protocol } = new URL(asked instanceof Request ? asked.url : asked, document.baseURI);
  return origin === location.origin && protocol.startsWith("http");
};

/** From now on, for every request of the page. */
export const followReach = () => {
  const { fetch } = window;
  window.fetch = async (asked, ...more) => {
    const isToServer = isOurs(asked);
    try {
      const answer = await fetch(asked, ...more);
      if (isToServer) learn(true);
      return answer;
    } catch (error) {
      // What the page itself has given up says nothing of the server.
      if (isToServer && !(error instanceof DOMException && error.name === "AbortError")) learn(false);
      throw error;
    }
  };
};
