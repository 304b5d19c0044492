import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

interface Namesake<V> extends Pick<MetricSnapshot, "kind" | "unit" | "overflow"> {
  readonly byDimensions: Map<string, V>;
}

/**
 * A map with a series as its key. Two snapshots are of one series if name, kind, unit, dimensions and
 * the overflow mark are equal.
 */
export class SeriesMap<V> {
  readonly #byName = new Map<string, Namesake<V>[]>();

  get({ name, kind, unit, overflow, dimensions }: MetricSnapshot): V | undefined {
    return this.#find(name, kind, unit, overflow)?.byDimensions.get(keyOf(dimensions));
  }

  set({ name, kind, unit, overflow, dimensions }: MetricSnapshot, value: V): void {
    let namesake = this.#find(name, kind, unit, overflow);
    if (namesake === undefined) {
      namesake = {
        kind,
        unit,
        ...(overflow === true ? { overflow } : undefined),
        byDimensions: new Map(),
      };
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, [namesake]);
      else known.push(namesake);
    }
    namesake.byDimensions.set(keyOf(dimensions), value);
  }

  /** Almost always there is one of a name. */
  #find(
    name: string,
    kind: MetricSnapshot["kind"],
    unit: string,
    overflow: boolean | undefined,
  ): Namesake<V> | undefined {
    return this.#byName
      .get(name)
      ?.find(
        (each) =>
          each.kind === kind &&
          each.unit === unit &&
          (each.overflow === true) === (overflow === true),
      );
  }
}

const keys = new WeakMap<Dimensions, string>();

/** A series has the same dimensions object in each window, so that the text is made once. */
function keyOf(dimensions: Dimensions): string {
  let key = keys.get(dimensions);
  if (key === undefined) {
    key = JSON.stringify(dimensions);
    keys.set(dimensions, key);
  }
  return key;
}
