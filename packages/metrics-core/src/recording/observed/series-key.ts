import type { Dimensions, DimensionValues } from "../../contract/dimensions.ts";
import { byName, canonicalDimensions, isDimensionValue } from "../canonical-dimensions.ts";

/**
 * A text that is the same for all dimensions of one series, however they were given.
 *
 * @param common what a series has that does not set it itself
 */
export function seriesKey(common: Dimensions, given: DimensionValues): string {
  const usable = Object.entries(given).filter(([, value]) => isDimensionValue(value));
  const own = canonicalDimensions(Object.fromEntries(usable));
  const names = new Set(own.map(([name]) => name));
  const inherited = common.filter(([name]) => !names.has(name));
  return JSON.stringify([...own, ...inherited].toSorted(byName));
}
