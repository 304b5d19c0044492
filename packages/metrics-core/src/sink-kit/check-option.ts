import { show } from "../problems/show.ts";

/**
 * Returns a whole number that an option must be.
 *
 * @throws TypeError if it is no number, RangeError if it is not whole or out of range.
 */
export function wholeNumber(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number")
    throw new TypeError(`${option} is ${show(value)}, must be a number`);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${option} is ${value}, must be a whole number from ${min} to ${max}`);
}

/**
 * Returns one of the values that an option may have.
 *
 * @throws RangeError if it is none of them.
 */
export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new RangeError(
      `${option} is ${show(value)}, must be one of ${allowed.map(show).join(", ")}`,
    );
  return found;
}

/**
 * Checks that an object has the methods that an option needs.
 *
 * @throws TypeError naming the first that is missing.
 */
export function hasMethods(option: string, value: unknown, methods: readonly string[]): void {
  for (const method of methods) {
    if (
      typeof value !== "object" ||
      value === null ||
      typeof (value as Record<string, unknown>)[method] !== "function"
    ) {
      throw new TypeError(
        `${option} is ${show(value)}, must be an object with the method ${method}()`,
      );
    }
  }
}

/**
 * Checks that an object has no keys but those that it may have.
 *
 * @throws TypeError naming the first that it may not.
 */
export function hasOnlyKeys(object: object, allowed: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (!allowed.includes(key))
      throw new TypeError(`option ${key} does not exist; the options are ${allowed.join(", ")}`);
  }
}

/**
 * Returns an object that an option must be.
 *
 * @throws TypeError if it is none.
 */
export function plainObject<T extends object>(option: string, value: T): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} is ${show(value)}, must be an object`);
  }
  return value;
}

/**
 * Checks that an option is a function.
 *
 * @throws TypeError if it is none.
 */
export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function")
    throw new TypeError(`${option} is ${show(value)}, must be a function`);
}

interface Addressed {
  href: string;
}

declare global {
  /** What a program without the types of the DOM or of Node has of it; with them, it is theirs. */
  // Inherited, as that of AbortSignal is: an engine may declare it in another way.
  interface URL extends Addressed {}
}

/**
 * The URL that an option gives, without a user name and a password: those belong in no address that
 * is shown, and this one is not shown where it might have them.
 *
 * @throws RangeError
 */
export function httpUrl(option: string, value: string): URL {
  if (value.includes("@"))
    throw new RangeError(`${option} must have no user name and no password in it, nor any other @`);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new RangeError(`${option} is ${show(value)}, must be an http or https URL`);
  return url;
}
