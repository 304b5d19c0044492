import type { Dimensions, DimensionValues } from "../contract/dimensions.ts";

/**
 * What is wrong with dimensions, given those that a metric declares; undefined where nothing is.
 * Common dimensions need not be declared, and count as given.
 *
 * @param declared names as in a catalogue: one that ends in `?` may be left out
 */
export function undeclaredDimensions(
  declared: readonly string[],
  common: Dimensions,
  given: DimensionValues | undefined,
): string | undefined {
  const names = new Set(declared.map((name) => name.replace(/\?$/, "")));
  const isAbsent = (value: unknown): boolean =>
    value === undefined || value === null || value === "";
  const present = new Set(common.map(([name]) => name));
  for (const [name, value] of Object.entries(given ?? {})) {
    if (isAbsent(value)) continue;
    if (!names.has(name) && !present.has(name))
      return `dimension ${JSON.stringify(name)} is not in the catalogue`;
    present.add(name);
  }
  const missing = declared.find((name) => !name.endsWith("?") && !present.has(name));
  return missing === undefined ? undefined : `dimension ${JSON.stringify(missing)} is missing`;
}
