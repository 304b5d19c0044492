import type { Reaction } from "./program.ts";

/**
 * Faults that are known and not mended yet. The random programs leave out what leads to them, and
 * their known programs are expected to fail. When one is mended, its entry here goes, and so does
 * the mark of its known program.
 */

/** A promise in the place of a value that is recorded, observed or bound: nobody catches its rejection. */
export const OPEN_FAULTS: ReadonlySet<string> = new Set([
  "promisePairs",
  "promiseOfPair",
  "promiseValue",
  "promiseDimensions",
  "bindToPromise",
]);

/** What is recorded wrongly after `close()` is reported, and not only counted. */
export const OPEN_FINDINGS: ReadonlySet<string> = new Set([
  "a refusal is reported after close() has resolved",
]);

/** A handler that closes the manager when an observation was admitted, but not added yet: it is in no window. */
export function isOpenReaction({ in: place, step }: Reaction): boolean {
  return place === "onError" && step.do === "close";
}
