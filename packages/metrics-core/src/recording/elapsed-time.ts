import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
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
  inherited: Dimensions | undefined,
): void {
  const unit = unitOfTime(store, name);
  const perMs = unitsPerMs(unit);
  if (perMs !== undefined)
    store.record(name, undefined, elapsedMs * perMs, dimensions, inherited, UNDECLARED);
  else if (store.admit(name, undefined, elapsedMs) !== undefined) {
    const message = `metric ${quoted(name)} is in ${unit} and can't record a time`;
    store.metrics.refuse({ code: "kind_conflict", message, metric: name });
  }
}

/** The unit in which a metric's times are recorded: the declared one, else milliseconds. */
export function unitOfTime(store: SeriesStore, name: string): string {
  return store.metrics.known(name)?.properties.unit ?? UNDECLARED.unit;
}
