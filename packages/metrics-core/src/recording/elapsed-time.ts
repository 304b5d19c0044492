import type { DimensionValues } from "../contract/dimensions.ts";
import { quoted } from "./refusal.ts";
import type { SeriesStore } from "./series-store.ts";
import { unitsPerMs } from "./time-units.ts";

/** What an undeclared metric becomes by its first measurement of time. */
const UNDECLARED = { kind: "distribution", unit: "ms" } as const;

/** Records a time in the unit that the metric declares; an undeclared metric becomes a distribution in milliseconds. */
export function recordElapsedTime(
  store: SeriesStore,
  name: string,
  elapsedMs: number,
  dimensions: DimensionValues | undefined,
): void {
  const metric = store.known(name);
  if (metric === undefined)
    return store.recordUnknown(name, UNDECLARED, undefined, elapsedMs, dimensions);
  const { unit } = metric.properties;
  const perMs = unitsPerMs(unit);
  if (perMs !== undefined) store.record(name, undefined, elapsedMs * perMs, dimensions);
  else if (store.admit(name, undefined, elapsedMs) !== undefined) {
    const message = `metric ${quoted(name)} is in ${unit} and can't record a time`;
    store.refuse({ code: "kind_conflict", message, metric: name });
  }
}
