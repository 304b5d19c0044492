import type { Dimensions, MetricKind } from "@aiokpl/metrics-core";

/** A field of a snapshot that a vendor's format may keep. */
export type Kept = "count" | "sum" | "min" | "max" | "last";

/** What the vendor's format keeps, by kind. The kit compares nothing else. */
export interface KeptByKind {
  /** @default ["count", "sum", "min", "max"] */
  readonly counter?: readonly Kept[] | undefined;
  /** @default ["count", "sum", "min", "max"] */
  readonly gauge?: readonly Kept[] | undefined;
  /** @default ["count", "sum", "min", "max"] */
  readonly distribution?: readonly Kept[] | undefined;
  /** True if the points have {@link ReceivedPoint.dimensions}. @default false */
  readonly dimensions?: boolean | undefined;
  /** True if the points have {@link ReceivedPoint.atOrUnder}, and it is exact at a metric's thresholds. @default false */
  readonly thresholds?: boolean | undefined;
}

/**
 * One data point as the vendor received it, with the numbers that its format keeps. For a cumulative
 * format, return only the last point of each series.
 */
export interface ReceivedPoint {
  /** The name that `export` saw, or what {@link SinkContractOptions.nameAtVendor} makes of it. */
  readonly name: string;
  /** Number of observations. */
  readonly count?: number | undefined;
  /** Sum of the observed values. */
  readonly sum?: number | undefined;
  /** Smallest observed value. */
  readonly min?: number | undefined;
  /** Largest observed value. */
  readonly max?: number | undefined;
  /** The value observed last. */
  readonly last?: number | undefined;
  /** The dimensions of the series, as a record or as pairs. Dimensions that the vendor's format adds may stay. */
  readonly dimensions?: Readonly<Record<string, string>> | Dimensions | undefined;
  /** Returns how many of a distribution's values lie at or under a bound, as the vendor counts them. */
  readonly atOrUnder?: ((bound: number) => number | undefined) | undefined;
}

/** The numbers of one metric, or of one series, that the kit compares. */
export interface Totals {
  readonly count: number;
  readonly sum: number;
  /** Σ |value|. An error of `sum` is judged relative to it. */
  readonly magnitude: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
}

const NOTHING: Totals = { count: 0, sum: 0, magnitude: 0, min: Infinity, max: -Infinity, last: 0 };

const DEFAULT_KEPT: readonly Kept[] = ["count", "sum", "min", "max"];

/** What the vendor's format keeps of a kind. */
export function keptOf(keeps: KeptByKind | undefined, kind: MetricKind): readonly Kept[] {
  return keeps?.[kind] ?? DEFAULT_KEPT;
}

/** Adds up snapshots or points, in the order given. A missing field counts as nothing. */
export function totalsOf(
  items: readonly Partial<Readonly<Record<Kept, number | undefined>>>[],
): Totals {
  let totals = NOTHING;
  for (const { count, sum, min, max, last } of items) {
    const largest = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0));
    const magnitude = Math.max(Math.abs(sum ?? 0), largest * (count ?? 1));
    totals = {
      count: totals.count + (count ?? 0),
      sum: totals.sum + (sum ?? 0),
      magnitude: Math.min(Number.MAX_VALUE, totals.magnitude + magnitude),
      min: Math.min(totals.min, min ?? Infinity),
      max: Math.max(totals.max, max ?? -Infinity),
      last: last ?? totals.last,
    };
  }
  return totals;
}

/** How the numbers that the vendor received differ from the expected ones; undefined if they do not. */
export function difference(
  expected: Totals,
  got: Totals,
  kept: readonly Kept[],
  tolerance: number,
): string | undefined {
  const differing = kept.filter((field) => {
    const allowed =
      field === "sum" ? tolerance * expected.magnitude : tolerance * Math.abs(expected[field]);
    return !(Math.abs(got[field] - expected[field]) <= allowed || got[field] === expected[field]);
  });
  if (differing.length === 0) return undefined;
  return differing
    .map((field) => `${field} ${got[field]} instead of ${expected[field]}`)
    .join(", ");
}
