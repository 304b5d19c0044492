import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { metricName } from "./metric-name.ts";
import { type CommonTags, normalisedDimensions, withoutCommon } from "./tags.ts";

/** Normalised dimensions, and a key that is equal only for equal ones. */
interface Prepared {
  readonly dimensions: Dimensions;
  readonly key: string;
}

/** Turns a window into what Datadog would make of it. */
export class Preparation {
  readonly #namespace: string;
  readonly #common: CommonTags;
  readonly #warn: (message: string) => void;
  /** Works because a series' snapshots share one array of dimensions for as long as the series lives. */
  readonly #prepared = new WeakMap<Dimensions, Prepared>();

  constructor(namespace: string, common: CommonTags, warn: (message: string) => void) {
    this.#namespace = namespace;
    this.#common = common;
    this.#warn = warn;
  }

  /** Returns the window with Datadog's names and tags, merging series that these make equal. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const names = new Map<string, string>();
    const all = new Map<string, MetricSnapshot>();
    for (const snapshot of window) {
      const { kind, count, sum, min, max, last, windowStart, windowEnd, histogram } = snapshot;
      let name = names.get(snapshot.name);
      if (name === undefined) {
        name = metricName(this.#namespace, snapshot.name);
        names.set(snapshot.name, name);
      }
      const { dimensions, key } = this.#preparedOf(snapshot.dimensions);
      // Unit, description and the overflow flag are not sent, so they must not keep series apart.
      const numbers = { count, sum, min, max, last, windowStart, windowEnd };
      const one = {
        name,
        kind,
        unit: "1",
        dimensions,
        ...numbers,
        ...(histogram && { histogram }),
      };
      const series = `${kind}\n${name}\n${key}`;
      const other = all.get(series);
      if (other !== undefined)
        this.#warn(
          `several series are merged because they are one at Datadog: ${name}, from ${snapshot.name}`,
        );
      all.set(series, other === undefined ? one : mergeSnapshots(other, one));
    }
    return [...all.values()];
  }

  #preparedOf(dimensions: Dimensions): Prepared {
    const known = this.#prepared.get(dimensions);
    if (known !== undefined) return known;
    const normalised = withoutCommon(normalisedDimensions(dimensions, this.#warn), this.#common);
    // Normalised dimensions hold no line break.
    const key = normalised.map((pair) => pair.join(":")).join("\n");
    const prepared = { dimensions: normalised, key };
    this.#prepared.set(dimensions, prepared);
    return prepared;
  }
}
