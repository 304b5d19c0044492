import type { DimensionValue, DimensionValues } from "../contract/dimensions.ts";
import { boundedText, flatCopy, isTooLong } from "../problems/kept-text.ts";
import { quieten } from "../problems/thrown.ts";
import { checkDimensions, checkHasProperties, isDimensionValue } from "./canonical-dimensions.ts";

/** A copy of the dimensions that a program gave, which nobody changes and which may be kept. */
export interface GivenDimensions {
  /** Own enumerable properties only, `__proto__` included; names and values are cut to what is kept of a text. */
  readonly values: DimensionValues;
  /** How many names and values were cut. */
  readonly cut: number;
}

/**
 * Reads dimensions once.
 *
 * @throws TypeError if they are no object, or one such as a Map, and what a getter throws.
 */
export function readDimensions(dimensions: DimensionValues | undefined): GivenDimensions {
  checkDimensions(dimensions);
  quieten(dimensions);
  checkHasProperties("dimensions", dimensions);
  let cut = 0;
  const bounded = <T extends DimensionValue>(text: T): T | string => {
    if (typeof text !== "string" || !isTooLong(text)) return text;
    cut++;
    return boundedText(text);
  };
  const entries = Object.entries(dimensions ?? {});
  const values = Object.fromEntries(
    entries.map(([name, value]) => [bounded(name), bounded(value)] as const),
  );
  return { values, cut };
}

/** The same dimensions, whose values keep no longer text alive that they are slices of. */
export function flatDimensions(values: DimensionValues): DimensionValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? flatCopy(value) : value,
    ]),
  );
}

/** How many dimensions an observation has: absent ones and those of no usable type don't count. */
export function dimensionCount(values: DimensionValues): number {
  let count = 0;
  for (const value of Object.values(values))
    if (isDimensionValue(value) && (value ?? "") !== "") count++;
  return count;
}
