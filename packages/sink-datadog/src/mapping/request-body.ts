import type { WireDistribution, WireSeries } from "./to-series.ts";

/** Bytes in a buffer of their own, as `fetch` wants them. Written so, since TypeScript before 5.7 knows no `Uint8Array<ArrayBuffer>`. */
export type BodyBytes = ReturnType<Uint8Array["slice"]>;

/** How many series become JSON at once. */
const GROUP = 100;

/** How many values of a distribution become JSON at once. */
const VALUES = 1_000;

/** How much JSON is encoded at once, in characters. */
const CHUNK = 16_384;

/**
 * Collects the body of a request, in the form that both endpoints take. It becomes JSON and bytes piece
 * by piece: for 2 MB at once that holds the main thread for 20 ms (Node 24), and in pieces it can be done in
 * several turns.
 */
export class RequestBody {
  #group: (WireSeries | WireDistribution)[] = [];
  #text = '{"series":[';
  #isFirst = true;
  readonly #chunks: Buffer[] = [];

  /** Adds series of which each has few values. */
  add(series: readonly (WireSeries | WireDistribution)[]): void {
    for (const each of series) this.#group.push(each);
    if (this.#group.length >= GROUP) this.#endGroup();
  }

  /** Adds a distribution of many values, a thousand in each step. */
  *addLarge({ points, ...series }: WireDistribution): Generator<void, void> {
    this.#endGroup();
    this.#separate();
    this.#append(`${JSON.stringify(series).slice(0, -1)},"points":[`);
    for (const [i, [second, values]] of points.entries()) {
      this.#append(`${i === 0 ? "" : ","}[${second},[`);
      for (let start = 0; start < values.length; start += VALUES) {
        const json = JSON.stringify(values.slice(start, start + VALUES)).slice(1, -1);
        this.#append(start === 0 ? json : `,${json}`);
        yield;
      }
      this.#append("]]");
    }
    this.#append("]}");
  }

  /** Returns the whole body. Nothing can be added after that. */
  end(): BodyBytes {
    this.#endGroup();
    this.#chunks.push(Buffer.from(`${this.#text}]}`));
    return Buffer.concat(this.#chunks);
  }

  #endGroup(): void {
    if (this.#group.length === 0) return;
    this.#separate();
    this.#append(JSON.stringify(this.#group).slice(1, -1));
    this.#group = [];
  }

  #separate(): void {
    if (!this.#isFirst) this.#text += ",";
    this.#isFirst = false;
  }

  #append(json: string): void {
    this.#text += json;
    if (this.#text.length < CHUNK) return;
    this.#chunks.push(Buffer.from(this.#text));
    this.#text = "";
  }
}
