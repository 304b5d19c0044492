import type { Dimensions, DimensionValues } from "./dimensions.ts";

/** Dimensions as a program gives them, in the form that sinks see: sorted by name, the absent ones left out. */
export function canonicalDimensions(dimensions: DimensionValues): Dimensions {
  return Object.entries(dimensions)
    .map(([name, value]) => [name, String(value ?? "")] as const)
    .filter(([, value]) => value !== "")
    .sort(byName);
}

/** Orders pairs by name in UTF-16 code units. */
export function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
