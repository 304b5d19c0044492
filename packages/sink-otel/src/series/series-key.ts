import type { SeriesIdentity } from "./series-map.ts";

/** Returns the key of a series within its metric. */
export function keyOf({ dimensions, overflow }: SeriesIdentity): string {
  return `${overflow === true ? "overflow " : ""}${JSON.stringify(dimensions)}`;
}
