import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { metricName } from "./metric-name.ts";
import { type CommonTags, normalisedDimensions, withoutCommon } from "./tags.ts";

/** Dimensions as Datadog has them, and the key of a series that has them. */
interface Prepared {
  readonly dimensions: Dimensions;
  readonly key: string;
}

/** How a window becomes Datadog's view of it. */
export class Preparation {
  readonly #namespace: string;
  readonly #common: CommonTags;
  readonly #warn: (message: string) => void;
  /** A series' snapshots have the same array of dimensions for as long as it lives. */
  readonly #prepared = new WeakMap<Dimensions, Prepared>();

  constructor(namespace: string, common: CommonTags, warn: (message: string) => void) {
    this.#namespace = namespace;
    this.#common = common;
    this.#warn = warn;
  }

  /** The window with Datadog's names and tags, and merged what they make one. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const names = new Map<string, string>();
    const all = new Map<string, MetricSnapshot>();
    for (const { unit, overflow, ...snapshot } of window) {
      const name = names.get(snapshot.name) ?? metricName(this.#namespace, snapshot.name);
      names.set(snapshot.name, name);
      const { dimensions, key } = this.#preparedOf(snapshot.dimensions);
      // Datadog knows no unit and no overflow, so they must not keep apart what is one there.
      const one = { ...snapshot, name, dimensions, unit: "1" };
      const series = `${snapshot.kind}\n${name}\n${key}`;
      const other = all.get(series);
      if (other !== undefined)
        this.#warn(`several series are one at Datadog, and merged: ${name}, from ${snapshot.name}`);
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
