import type { CheckedCatalogue, MetricCatalogue } from "../contract/catalogue.ts";
import { checkCatalogue } from "./check-catalogue.ts";

/**
 * Checks `catalogue`, and returns it with the precise types that a manager needs. A property that
 * does not exist does not compile, nor does a unit such as `"milliseconds"` that has a code
 * (`"ms"`).
 *
 * The compiler option `isolatedDeclarations` does not allow an exported call. If you use it, export
 * a plain object `as const` instead. The manager checks that object.
 *
 * @throws TypeError or RangeError as {@link checkCatalogue} does.
 */
export function defineMetrics<const C extends MetricCatalogue>(
  catalogue: C & CheckedCatalogue<C>,
): C {
  checkCatalogue(catalogue);
  return catalogue;
}
