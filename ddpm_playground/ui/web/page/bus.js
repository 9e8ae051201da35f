/**
 * News of one kind. Who sends them does not hear them; who has left the page is forgotten.
 * @template T
 */
export class Bus {
  /** @type {Set<{ element: Element, hear: (news: T) => void }>} */
  #listeners = new Set();

  /**
   * @param {Element} element who listens, for as long as it stands in the page
   * @param {(news: T) => void} hear
   */
  listen(element, hear) {
    this.#listeners.add({ element, hear });
  }

  /**
   * @param {T} news
   * @param {Element | null} sender
   */
  tell(news, sender = null) {
    for (const listener of [...this.#listeners]) {
      if (!listener.element.isConnected) this.#listeners.delete(listener);
      else if (listener.element !== sender) listener.hear(news);
    }
  }
}
