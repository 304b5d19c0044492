import { indexAtMaxScale } from "./bucket-index.ts";

/** The most thresholds that a metric may have. */
export const MOST_THRESHOLDS = 64;

/** A cell of the table is a sixteenth of an octave at first: buckets at scale 4. */
const FINEST_SHIFT = 6;

/** The table has at most so many cells. Bounds that are far apart make them wider. */
const MOST_CELLS = 1_024;

/**
 * The thresholds of one metric. It finds the place of a value among them with one look-up in a table and,
 * most of the time, one comparison, however many there are.
 */
export class ThresholdBounds {
  /** As the metric declares them, ascending and frozen. */
  readonly bounds: readonly number[];
  /** The same, and infinity at the end. */
  readonly #ends: Float64Array;
  /** How far an index at scale 10 is shifted to number a cell. */
  readonly #shift: number;
  readonly #firstCell: number;
  /** For each cell, how many bounds are below all of its values. The last cell is above all bounds. */
  readonly #below: Uint8Array;

  /** @param bounds 1 to 64 finite numbers, ascending and frozen */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#ends = Float64Array.of(...bounds, Infinity);
    const positive = bounds.filter((bound) => bound > 0).map(indexAtMaxScale);
    const notPositive = bounds.length - positive.length;
    const [lowest = 0, highest = lowest] = [positive[0], positive.at(-1)];
    let shift = FINEST_SHIFT;
    while ((highest >> shift) - (lowest >> shift) + 2 > MOST_CELLS) shift++;
    this.#shift = shift;
    this.#firstCell = lowest >> shift;
    this.#below = Uint8Array.from(
      { length: (highest >> shift) - this.#firstCell + 2 },
      (_, cell) =>
        notPositive + positive.filter((index) => index >> shift < this.#firstCell + cell).length,
    );
  }

  /** How many bounds are below a value. */
  placeOf(value: number): number {
    return value > 0 ? this.placeOfPositive(value, indexAtMaxScale(value)) : this.#search(value, 0);
  }

  /** The same for a value above zero, whose index at scale 10 is known. */
  placeOfPositive(value: number, index: number): number {
    const cell = (index >> this.#shift) - this.#firstCell;
    const known = this.#below;
    return this.#search(
      value,
      known[cell < 0 ? 0 : cell < known.length ? cell : known.length - 1] ?? 0,
    );
  }

  /** Goes on from a place that is not too high. */
  #search(value: number, from: number): number {
    const ends = this.#ends;
    let place = from;
    while (value > (ends[place] ?? Infinity)) place++;
    return place;
  }
}
