import { ascendingBuckets } from "./bucket-index.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/**
 * The value that a share `q` of a snapshot's observations does not exceed, by nearest rank: the
 * `ceil(q * count)`-th smallest observation, and the smallest for `q = 0`. (A product that misses an
 * integer by no more than rounding is taken for that integer: 7 % of 100 observations are 7.)
 *
 * The smallest and the largest observation are exact. Any other is known by its bucket, and the
 * result is off by at most `(base - 1) / (base + 1)` of it, with `base = 2^(2^-scale)`: 0.034 % at
 * scale 10, 2.2 % at scale 4, 17 % at scale 1.
 *
 * @param q from 0 to 1
 * @returns undefined where it is not known: the snapshot has no histogram, since it is of a counter
 *   or a gauge, and the rank is neither the first nor the last
 * @throws RangeError if `q` is not from 0 to 1
 */
export function quantile(snapshot: MetricSnapshot, q: number): number | undefined {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`q must be from 0 to 1, was ${q}`);
  const { count, min, max, histogram } = snapshot;
  const rank = Math.ceil(q * count * (1 - Number.EPSILON));
  if (rank <= 1 || min === max) return min;
  if (rank >= count) return max;
  if (histogram === undefined) return undefined;
  let below = 0;
  for (const bucket of ascendingBuckets(histogram)) {
    below += bucket.count;
    if (below >= rank) return Math.max(min, Math.min(max, middle(bucket.low, bucket.high)));
  }
  return max;
}

/** The harmonic mean of two bounds of one sign: equally far from both, relative to each. */
function middle(low: number, high: number): number {
  return low === high ? low : low * (2 / (1 + low / high));
}
