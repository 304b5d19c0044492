/** The powers of 2 from one exponent to another, which lie on the edges of a histogram's buckets. */
function powersOf2(from: number, to: number, step: number = 1): readonly number[] {
  return Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, i) => 2 ** (from + i * step),
  );
}

const ANY = powersOf2(-6, 16);
const BYTES = powersOf2(6, 36, 2);

const BY_UNIT: ReadonlyMap<string, readonly number[]> = new Map([
  ["ns", powersOf2(14, 34)],
  ["us", powersOf2(5, 25)],
  ["ms", powersOf2(-2, 17)],
  ["s", powersOf2(-10, 9)],
  ["min", powersOf2(-6, 13)],
  ["h", powersOf2(-10, 9)],
  ["d", powersOf2(-10, 9)],
  ["By", BYTES],
  ["bit", BYTES],
  ["%", powersOf2(-4, 7)],
]);

/**
 * The upper bounds of a distribution's classic buckets, where the metric has no thresholds of its own. They depend
 * on the unit alone, so that all processes have the same, and can be added up in a query.
 */
export function defaultBounds(unit: string): readonly number[] {
  return BY_UNIT.get(unit) ?? ANY;
}
