// What the page's own scripts find on `window`, and what a component is given.
import type { Facts } from "./protocol";

declare global {
  interface Window {
    /** What page/prelude.js leaves to the modules, which come after it. */
    ddpm: Facts & {
      text: Record<string, Record<string, string>>;
      language: string;
      speak(language: string): void;
      /** Has the scripts of a folder of ui/web/ loaded. */
      preload(room: string): void;
      /** Fulfilled once the words that only a folder's scripts say are there. */
      words(room: string): Promise<void>;
      /** Puts plain words where a template has data-say. */
      fill(element: Element): void;
      /** Chooses "light", "dark" or "system" if one is named; which one it is. */
      ground(wanted?: string): string;
    };
    /** Gradio's page before it is built. */
    gradio_config?: any;
    /** From gr.Plot's own script or ours; see draw/plots.js. */
    Plotly?: any;
  }
  interface Uint8Array<TArrayBuffer extends ArrayBufferLike> {
    toBase64?(): string;
  }
  interface Uint8ArrayConstructor {
    fromBase64?(text: string): Uint8Array<ArrayBuffer>;
  }

  /** What `mount` is called with: gr.HTML's element, and how it and Python speak to each other. */
  interface Component {
    element: HTMLElement;
    props: { value?: string | null; [name: string]: any };
    trigger(event: string, detail?: unknown): void;
    watch(name: string, changed: () => void): void;
    server: Record<string, (argument: Record<string, unknown>) => Promise<any>>;
  }
}
