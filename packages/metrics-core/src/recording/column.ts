import type { DimensionValue } from "../contract/dimensions.ts";

/** One dimension name of a metric, and the ids of the values seen under it; {@link ABSENT} where a value adds nothing. */
export interface Column {
  readonly name: string;
  readonly ids: Map<DimensionValue, number>;
  /** How many of those values are numbers. */
  numbers: number;
}

/** The id of values that add nothing to a series' identity. */
export const ABSENT = 0;

/**
 * So many numbers of a column are known as numbers, the others by their string. An engine hashes
 * strings with a secret seed, but numbers without one: whoever chooses them could make all collide.
 */
const MOST_NUMBERS = 128;

/** A column that knows no value but those that are absent. */
export function newColumn(name: string): Column {
  return {
    name,
    ids: new Map<DimensionValue, number>([
      [undefined, ABSENT],
      [null, ABSENT],
      ["", ABSENT],
    ]),
    numbers: 0,
  };
}

/** The id of a number that is known by its string. */
export function idOfNumber({ ids: known }: Column, value: DimensionValue): number | undefined {
  return typeof value === "number" ? known.get(String(value)) : undefined;
}

/** Remembers that a number or boolean stands for the text that has this id. */
export function rememberForm(column: Column, value: DimensionValue, id: number): void {
  if (typeof value === "number" && !column.ids.has(value)) {
    if (column.numbers >= MOST_NUMBERS) return;
    column.numbers++;
  }
  column.ids.set(value, id);
}
