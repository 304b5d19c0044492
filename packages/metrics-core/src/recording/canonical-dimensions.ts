import type { Dimensions, DimensionValue, DimensionValues } from "../contract/dimensions.ts";
import { boundedText, flatCopy } from "../problems/kept-text.ts";
import { printable } from "../problems/printable.ts";
import { quieten } from "../problems/thrown.ts";

/** The largest limit of dimensions per observation that a manager takes. */
export const MOST_DIMENSIONS = 256;

/** Dimensions as a program gives them, in the form that sinks see: sorted by name, the absent ones left out, long texts cut, frozen. */
export function canonicalDimensions(dimensions: DimensionValues): Dimensions {
  const pairs = Object.entries(dimensions).map(([name, value]) =>
    pairOf(flatCopy(boundedText(name)), flatCopy(boundedText(String(value ?? "")))),
  );
  return Object.freeze(pairs.filter(([, value]) => value !== "").sort(byName));
}

/** Thrown where a program without types gives something else as dimensions. */
const NOT_AN_OBJECT: TypeError = new TypeError("dimensions must be an object");

/** @throws TypeError unless dimensions are an object, or left out. */
export function checkDimensions(dimensions: unknown): void {
  if (typeof dimensions !== "object" && dimensions !== undefined) throw NOT_AN_OBJECT;
}

/**
 * Whether an object has its dimensions in its properties, or there is none. A Map, a Set, an array, a Date or
 * a promise has what it holds elsewhere, so that the dimensions would be lost. Look-ups ask only where there
 * are no properties, so that it costs nothing for others.
 */
export function hasProperties(dimensions: object | null | undefined): boolean {
  return dimensions === undefined || dimensions === null || typeOf(dimensions) === "Object";
}

/** @throws TypeError unless the object has its dimensions in its properties. */
export function checkHasProperties(what: string, dimensions: object | null | undefined): void {
  if (hasProperties(dimensions)) return;
  throw new TypeError(
    `${what} must be an object with their names as keys, such as { stream: "orders" }, and not of type ${printable(typeOf(dimensions))}`,
  );
}

function typeOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** A dimension; frozen, since sinks and snapshots share it. */
export function pairOf(name: string, value: string): readonly [name: string, value: string] {
  return Object.freeze([name, value] as const);
}

/** Orders pairs by name in UTF-16 code units. */
export function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** Whether a value that a JavaScript program gave is one that the types allow. */
export function isDimensionValue(value: unknown): value is DimensionValue {
  return value === null || /^(undefined|string|number|boolean)$/.test(typeof value);
}

/**
 * A dimension's value as the string that its series has; undefined where it is absent, of no usable type, or what
 * the common dimensions say anyway.
 *
 * @param onInvalidValue called with the name, where the value has no usable type
 */
export function textOf(
  name: string,
  value: DimensionValue,
  common: Dimensions,
  onInvalidValue: (name: string) => void,
): string | undefined {
  if (!isDimensionValue(value)) {
    quieten(value);
    onInvalidValue(name);
    return undefined;
  }
  const text = String(value ?? "");
  const isCommon = common.some((pair) => pair[0] === name && pair[1] === text);
  return text === "" || isCommon ? undefined : text;
}
