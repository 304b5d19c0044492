import type { DimensionValues } from "../contract/dimensions.ts";
import { isThenable, messageOf, quieten } from "../problems/thrown.ts";
import { quoted } from "./refusal.ts";
import type { SeriesStore } from "./series-store.ts";

/**
 * The dimensions that the program's function returns for how its work has ended.
 *
 * @throws TypeError for a promise, and what the function throws
 */
export function dimensionsOfOutcome(of: () => unknown): DimensionValues | undefined {
  const dimensions = of();
  if (!isThenable(dimensions)) return dimensions as DimensionValues | undefined;
  quieten(dimensions);
  throw new TypeError("it returned a promise, but must return the dimensions");
}

/** Has a time counted as refused, because that function failed. */
export function refuseOutcome(store: SeriesStore, name: string, cause: unknown): void {
  const message = `the function that gives the dimensions of metric ${quoted(name)} failed: ${messageOf(cause)}`;
  const closed = store.metrics.refusalOf(name, undefined, 0, "distribution");
  store.metrics.refuse(
    closed ?? { code: "invalid_dimensions", message, metric: name, cause },
  );
}
