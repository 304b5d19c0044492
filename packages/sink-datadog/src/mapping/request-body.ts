import type { WireSeries } from "./to-series.ts";

/** How many series become JSON at once. */
const GROUP = 100;

/** How much JSON is encoded at once, in characters. */
const CHUNK = 16_384;

/**
 * Collects the body of a request, in the form that both endpoints take. It becomes JSON and bytes piece
 * by piece: for 2 MB at once that holds the main thread for 20 ms (Node 24), and in pieces it can be done in
 * several turns.
 */
export class RequestBody {
  #group: WireSeries[] = [];
  #text = '{"series":[';
  #isFirst = true;
  readonly #chunks: Buffer[] = [];

  /** Adds counts and gauges. */
  add(series: readonly WireSeries[]): void {
    for (const each of series) this.#group.push(each);
    if (this.#group.length >= GROUP) this.#endGroup();
  }

  /** Begins a series whose JSON is appended piece by piece. */
  begin(): void {
    if (!this.#isFirst) this.#text += ",";
    this.#isFirst = false;
  }

  /** Appends JSON to the series that was begun last. */
  append(json: string): void {
    this.#text += json;
    if (this.#text.length < CHUNK) return;
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = "";
  }

  /** Returns the whole body. Nothing can be added after that. */
  end(): Uint8Array<ArrayBuffer> {
    if (this.#group.length > 0) this.#endGroup();
    this.#chunks.push(Buffer.from(`${this.#text}]}`));
    return Buffer.concat(this.#chunks);
  }

  #endGroup(): void {
    this.begin();
    this.append(JSON.stringify(this.#group).slice(1, -1));
    this.#group = [];
  }
}
