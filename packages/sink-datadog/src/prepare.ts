import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { metricName } from "./metric-name.ts";
import { normalisedDimensions } from "./tags.ts";

/** How a window becomes Datadog's view of it. */
export class Preparation {
  readonly #namespace: string;
  readonly #warn: (message: string) => void;
  /** A series' snapshots have the same array of dimensions for as long as it lives. */
  readonly #dimensions = new WeakMap<Dimensions, Dimensions>();

  constructor(namespace: string, warn: (message: string) => void) {
    this.#namespace = namespace;
    this.#warn = warn;
  }

  /** The window with Datadog's names and tags, and merged what they make one. */
  prepare(window: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    const names = new Map<string, string>();
    const prepared = new Map<string, MetricSnapshot>();
    for (const snapshot of window) {
      const name = names.get(snapshot.name) ?? metricName(this.#namespace, snapshot.name);
      names.set(snapshot.name, name);
      const dimensions = this.#normalised(snapshot.dimensions);
      const one = { ...snapshot, name, dimensions };
      const key = `${snapshot.kind}\n${name}\n${keyOf(dimensions)}`;
      const other = prepared.get(key);
      if (other !== undefined)
        this.#warn(`several series are one at Datadog, and merged: ${name}, from ${snapshot.name}`);
      prepared.set(key, other === undefined ? one : mergeSnapshots(other, one));
    }
    return [...prepared.values()];
  }

  #normalised(dimensions: Dimensions): Dimensions {
    const known = this.#dimensions.get(dimensions);
    if (known !== undefined) return known;
    const normalised = normalisedDimensions(dimensions, this.#warn);
    this.#dimensions.set(dimensions, normalised);
    return normalised;
  }
}

/** The key of dimensions; normalised ones hold no line break. */
function keyOf(dimensions: Dimensions): string {
  let key = "";
  for (const [name, value] of dimensions) key += `${name}:${value}\n`;
  return key;
}
