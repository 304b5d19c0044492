import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";
import type { DimensionsOf } from "../contract/metric-args.ts";
import { boundedText } from "../problems/kept-text.ts";

/**
 * Some of the dimensions of a metric. A series matches if it has each of them with the same value,
 * whatever else it has: its other dimensions, the manager's common ones included, do not matter. A
 * dimension that is `undefined`, `null` or `""` must be absent.
 */
export type PartOfDimensions<C extends MetricCatalogue, N extends keyof C> = Partial<
  DimensionsOf<C[N]>
>;

/** Whether a series has at least these dimensions. Long names and values are cut first, as the recorded ones were. */
export function hasDimensions(dimensions: Dimensions, part: DimensionValues = {}): boolean {
  const values = new Map(dimensions);
  return Object.entries(part).every(
    ([name, value]) => (values.get(boundedText(name)) ?? "") === boundedText(String(value ?? "")),
  );
}
