import type { Dimensions } from "../contract/dimensions.ts";

/** What tells a series from others at a sink. */
export interface SeriesIdentity {
  readonly name: string;
  readonly dimensions: Dimensions;
}

/** Random, so that whoever chooses dimensions can't choose their hashes. */
const SEED = /* @__PURE__ */ (() => Math.floor(Math.random() * 2 ** 31))();

/** A hash of the name and the dimensions: a whole number from 0, of 30 bits, since V8 keeps larger numbers elsewhere. */
export function hashOfSeries({ name, dimensions }: SeriesIdentity): number {
  let hash = hashText(SEED, name);
  for (const [key, value] of dimensions) hash = hashText(hashText(hash, key), value);
  return hash & 0x3fffffff;
}

function hashText(seed: number, text: string): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** Whether two series have the same name and the same dimensions. */
export function isSameSeries(a: SeriesIdentity, b: SeriesIdentity): boolean {
  return (
    a.name === b.name &&
    (a.dimensions === b.dimensions || isSameDimensions(a.dimensions, b.dimensions))
  );
}

function isSameDimensions(a: Dimensions, b: Dimensions): boolean {
  return (
    a.length === b.length &&
    a.every(([name, value], i) => name === b[i]?.[0] && value === b[i]?.[1])
  );
}
