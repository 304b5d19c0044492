import type { DimensionValues } from "../../contract/dimensions.ts";
import { show } from "../../problems/show.ts";
import { quieten } from "../../problems/thrown.ts";
import { hasProperties } from "../canonical-dimensions.ts";

/**
 * The values that an observer has returned, each with its dimensions.
 *
 * @param dimensions those of all values; a value's own ones win
 * @throws TypeError if it is neither a number nor pairs, and what its iterator throws
 */
export function* readPairs(
  returned: unknown,
  dimensions: DimensionValues | undefined,
): Generator<readonly [value: unknown, dimensions: DimensionValues]> {
  if (typeof returned === "number") return yield [returned, dimensions ?? {}];
  if (!isIterable(returned))
    throw new TypeError(
      `it returned ${show(returned)}, must be a number or [value, dimensions] pairs`,
    );
  for (const pair of returned) {
    quieten(pair);
    const [value, own] = pair;
    quieten(own);
    // A Map and the like is refused where it is read.
    if (!hasProperties(dimensions)) yield [value, dimensions ?? {}];
    else if (!hasProperties(own)) yield [value, own ?? {}];
    else yield [value, { ...dimensions, ...own }];
  }
}

function isIterable(value: unknown): value is Iterable<[unknown, DimensionValues?]> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
