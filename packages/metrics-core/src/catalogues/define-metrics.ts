import type {
  CheckedCatalogue,
  CompatibleCatalogue,
  MergedCatalogue,
  MetricCatalogue,
  MetricDefinition,
} from "../contract/catalogue.ts";
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
): C;
/**
 * Merges two catalogues, such as a library's and the program's own, and checks them. Where both have a metric, the second
 * definition holds, as in `{ ...catalogue, ...second }`; but both must have the same kind and unit, or what one part of
 * the program records is refused in the other.
 *
 * @throws TypeError or RangeError as {@link checkCatalogue} does, and TypeError for a metric of two kinds or units.
 */
export function defineMetrics<const A extends MetricCatalogue, const B extends MetricCatalogue>(
  catalogue: A & CheckedCatalogue<A>,
  second: B & CheckedCatalogue<B> & CompatibleCatalogue<B, A>,
): MergedCatalogue<A, B>;
export function defineMetrics(
  catalogue: MetricCatalogue,
  second?: MetricCatalogue,
): MetricCatalogue {
  checkCatalogue(catalogue);
  if (second === undefined) return catalogue;
  checkCatalogue(second);
  for (const [name, definition] of Object.entries(second)) {
    const first = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
    if (first !== undefined && textOf(first) !== textOf(definition))
      throw new TypeError(
        `metrics[${JSON.stringify(name)}] is ${textOf(first)} in the first catalogue and ${textOf(definition)} in the second, must be the same in both`,
      );
  }
  return { ...catalogue, ...second };
}

function textOf({ kind, unit = "1" }: MetricDefinition): string {
  return `a ${kind} in ${unit}`;
}
