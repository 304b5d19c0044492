import { type SeriesKey, SeriesMap } from "../delivery/series-map.ts";
import type { SeriesIdentity } from "../histogram/merged-series.ts";

/** A series that a view makes. */
interface Viewed {
  readonly series: SeriesIdentity;
  /** How many of the manager's series became it and were not forgotten. */
  sources: number;
}

/** So many of the manager's series are remembered. What more of them become is never forgotten. */
const MAX_SOURCES = 200_000;

/** Remembers which of the manager's series became which, to know when all that became one were forgotten. */
export class LiveSources {
  readonly #sources = new SeriesMap<Viewed>();
  readonly #viewed = new SeriesMap<Viewed>();
  #size = 0;

  /** Takes note of a series that has observations, and of what it became. */
  add(series: SeriesIdentity, viewed: SeriesIdentity): void {
    const source = keyOf(series);
    if (this.#sources.get(source) !== undefined) return;
    const key = keyOf(viewed);
    if (this.#size >= MAX_SOURCES) {
      const known = this.#viewed.get(key);
      if (known !== undefined) known.sources = Infinity;
      return;
    }
    this.#size++;
    const entry = this.#viewed.getOrMake(key, () => ({ series: key, sources: 0 }));
    entry.sources++;
    this.#sources.getOrMake(source, () => entry);
  }

  /** Takes note of a series that was forgotten. Returns what it became if nothing that became it is left. */
  forget(series: SeriesIdentity): SeriesIdentity | undefined {
    const source = keyOf(series);
    const viewed = this.#sources.get(source);
    if (viewed === undefined) return undefined;
    this.#sources.delete(source);
    this.#size--;
    if (--viewed.sources > 0) return undefined;
    this.#viewed.delete(keyOf(viewed.series));
    const { name, dimensions } = viewed.series;
    return { name, dimensions };
  }
}

/** A key that says no more than name and dimensions. */
function keyOf({ name, dimensions }: SeriesIdentity): SeriesKey {
  return { name, dimensions, kind: "counter", unit: "1" };
}
