import type { Dimensions, DimensionValue, DimensionValues } from "../contract/dimensions.ts";
import { boundedText } from "../problems/kept-text.ts";
import {
  checkDimensions,
  checkHasProperties,
  hasProperties,
  isDimensionValue,
} from "./canonical-dimensions.ts";

/**
 * The dimensions that a view gives to each observation: those given to it, and those of the view that
 * it was made from, unless it was given others of the same name. Absent ones are left out.
 *
 * @param onInvalidValue called with the name of a dimension that was left out, because its value has no usable type
 * @throws TypeError if they are no object, and what a getter throws
 */
export function inheritedDimensions(
  outer: Dimensions | undefined,
  given: DimensionValues | undefined,
  onInvalidValue: (name: string) => void,
): Dimensions {
  checkDimensions(given);
  checkHasProperties("dimensions", given);
  const pairs: [name: string, value: string][] = [];
  for (const [name, value] of outer ?? []) if (!isGiven(given, name)) pairs.push([name, value]);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (isPresent(value)) pairs.push([boundedText(name), boundedText(String(value))]);
    else if (!isDimensionValue(value)) onInvalidValue(name);
  }
  return pairs;
}

/** Whether an observation has a dimension of its own of that name, so that it does not inherit one. */
export function isGiven(dimensions: DimensionValues | undefined, name: string): boolean {
  return dimensions !== undefined && Object.hasOwn(dimensions, name) && isPresent(dimensions[name]);
}

/**
 * An observation's own dimensions, together with those that it inherits, in the order in which a look-up
 * reads them. A Map and the like is returned as it is, to be refused where it is read.
 */
export function withInherited(
  inherited: Dimensions | undefined,
  own: DimensionValues,
): DimensionValues {
  if (inherited === undefined || inherited.length === 0 || !hasProperties(own)) return own;
  const rest = new Map(inherited.filter(([name]) => !isGiven(own, name)));
  const others = Object.entries(own).filter(([name]) => !rest.has(name));
  return Object.fromEntries([...rest, ...others]);
}

function isPresent(value: DimensionValue): boolean {
  return value !== undefined && value !== null && value !== "" && isDimensionValue(value);
}
