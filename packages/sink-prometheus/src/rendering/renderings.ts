import { contentTypeOf, type Format } from "../exposition/format.ts";
import { Rendering, type RenderingOptions } from "./rendering.ts";
import type { Turn } from "./turn.ts";

/** A page that was written. */
export interface Page {
  readonly contentType: string;
  /** In pieces, in order. */
  readonly chunks: readonly Uint8Array[];
}

/** What all renderings of a sink have in common. */
export interface RenderingsOptions extends Omit<RenderingOptions, "format" | "turn"> {
  readonly newTurn: () => Turn;
}

/**
 * Writes pages, one after the other. Those who ask for the same format before its page was begun get the same page,
 * and none gets one that was begun before it asked: so each page has all that was recorded until then.
 */
export class Renderings {
  readonly #options: RenderingsOptions;
  /** Pages that are not begun yet, by their content type. */
  readonly #waiting = new Map<string, Promise<Page>>();
  /** Resolves when all pages so far are written. */
  #written: Promise<unknown> = Promise.resolve();
  #count = 0;

  constructor(options: RenderingsOptions) {
    this.#options = options;
  }

  /** Returns a page in this format. It is begun in a later turn or microtask, never in the middle of other work. */
  page(format: Format): Promise<Page> {
    const contentType = contentTypeOf(format);
    const waiting = this.#waiting.get(contentType);
    if (waiting !== undefined) return waiting;
    const page = this.#written.then(async () => {
      this.#waiting.delete(contentType);
      const { newTurn, ...options } = this.#options;
      const rendering = new Rendering({ ...options, format, turn: newTurn() }, ++this.#count);
      return { contentType, chunks: await rendering.run() };
    });
    this.#waiting.set(contentType, page);
    // Not page.catch(), which would keep the page.
    this.#written = page.then(nothing, nothing);
    return page;
  }
}

function nothing(): void {}
