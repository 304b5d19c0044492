/** The value below which a share `q` of the values lies, interpolated. NaN if there are no values. */
export function quantileOf(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The middle value; the mean of the two in the middle of an even number of them. */
export function median(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** How noisy values are: half the distance between their quartiles, as a share of their median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0
    ? 0
    : (quantileOf(values, 0.75) - quantileOf(values, 0.25)) / 2 / Math.abs(middle);
}

/** Combines what two contenders measured in the same round, round by round. */
export function paired(
  a: readonly number[],
  b: readonly number[],
  combine: (a: number, b: number) => number,
): number[] {
  return a.map((value, round) => combine(value, b[round] ?? NaN));
}
