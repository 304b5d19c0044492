import type { Dimensions, MetricKind } from "@aiokpl/metrics-core";

/** Something that a vendor's form may keep of a snapshot. */
export type Kept = "count" | "sum" | "min" | "max" | "last";

/** What the vendor's form keeps, by kind; what is left out is not compared. */
export interface KeptByKind {
  /** @default ["count", "sum", "min", "max"] */
  readonly counter?: readonly Kept[] | undefined;
  /** @default ["count", "sum", "min", "max"] */
  readonly gauge?: readonly Kept[] | undefined;
  /** @default ["count", "sum", "min", "max"] */
  readonly distribution?: readonly Kept[] | undefined;
  /** True where {@link ReceivedPoint.dimensions} is given. @default false */
  readonly dimensions?: boolean | undefined;
}

/**
 * One data point as the vendor's end got it, with those numbers that its form keeps. Of a cumulative
 * form give each series' last state only.
 */
export interface ReceivedPoint {
  /** As `export` was given it, or as {@link SinkContractOptions.nameAtVendor} says. */
  readonly name: string;
  readonly count?: number | undefined;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly last?: number | undefined;
  /** Those of the series, as a record or as pairs; others that the vendor's form adds may stay. */
  readonly dimensions?: Readonly<Record<string, string>> | Dimensions | undefined;
}

/** What is compared of one metric, or of one series. */
export interface Totals {
  readonly count: number;
  readonly sum: number;
  /** Σ |value|, to which an error of `sum` is compared. */
  readonly magnitude: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
}

const NOTHING: Totals = { count: 0, sum: 0, magnitude: 0, min: Infinity, max: -Infinity, last: 0 };

const DEFAULT_KEPT: readonly Kept[] = ["count", "sum", "min", "max"];

/** What the vendor's form keeps of a kind. */
export function keptOf(keeps: KeptByKind | undefined, kind: MetricKind): readonly Kept[] {
  return keeps?.[kind] ?? DEFAULT_KEPT;
}

/** Adds up snapshots or points, in the order given; what one does not have counts as nothing. */
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

/** How what the vendor's end got differs from what it should have; undefined where it does not. */
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
