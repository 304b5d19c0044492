import type {
  ExponentialBuckets,
  ExponentialHistogram,
} from "../contract/exponential-histogram.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink, WindowPart } from "../contract/metrics-sink.ts";
import { LEAST_MAX_BUCKETS, MOST_MAX_BUCKETS } from "../histogram/bucket-index.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { messageOf, quieten, quietenAll, textOf } from "../problems/thrown.ts";
import type { SeriesMap } from "./series-map.ts";
import { areThresholds } from "./threshold-counts.ts";

/** What a sink's `prepare` returned, checked, in lists that the sink can't change. */
export interface CheckedPart {
  readonly snapshots: readonly MetricSnapshot[];
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
  /** Whether the sink has more to return of this window. */
  readonly more: boolean;
  /** What `prepare` threw, or what is wrong with what it returned. Then the part is rejected. */
  readonly failure?: unknown;
}

/** What a sink has made itself for one window so far, by series. */
export type MadeSeries = SeriesMap<MetricSnapshot>;

/**
 * Calls a sink's `prepare` with a part of a window, and checks and freezes what it returns. If it throws, or
 * returns something other than snapshots that can be merged, each of a different series, the part is rejected. Never throws.
 *
 * @param made what the sink has made for earlier parts of the same window
 */
export function preparePart(
  sink: MetricsSink,
  window: readonly MetricSnapshot[],
  part: WindowPart,
  made: MadeSeries,
): CheckedPart {
  if (sink.prepare === undefined) return { snapshots: window, rejected: NONE, more: false };
  let members: Members = {};
  try {
    const prepared: unknown = sink.prepare([...window], { ...part });
    quieten(prepared);
    members = listsOf(prepared);
    const { snapshots, rejected = [] } = members;
    if (!Array.isArray(snapshots) || !Array.isArray(rejected))
      throw new TypeError("prepare() must return an array, or { snapshots, rejected } with arrays");
    const checked = checkedPart(window, [...snapshots], [...rejected], made);
    return { ...checked, more: members.more === true && part.last };
  } catch (failure) {
    quietenAll(members.snapshots);
    quietenAll(members.rejected);
    const reason = messageOf(failure);
    const rejected = new Map(window.map((each) => [each, reason]));
    return { snapshots: [], rejected, more: members.more === true && part.last, failure };
  }
}

const NONE: ReadonlyMap<MetricSnapshot, string> = /* @__PURE__ */ new Map();

interface Members {
  readonly snapshots?: unknown;
  readonly rejected?: unknown;
  readonly more?: unknown;
}

function listsOf(prepared: unknown): Members {
  if (Array.isArray(prepared)) return { snapshots: prepared };
  return typeof prepared === "object" && prepared !== null ? prepared : {};
}

function checkedPart(
  window: readonly MetricSnapshot[],
  snapshots: readonly unknown[],
  rejected: readonly unknown[],
  made: MadeSeries,
): Omit<CheckedPart, "more"> {
  const check = (given: unknown): MetricSnapshot => {
    checkSnapshot(given);
    return freezeSnapshot(given as MetricSnapshot);
  };
  // Most sinks return the window or a part of it, in the same order. Then there is nothing to
  // check.
  const isAsGiven = isPartOf(window, snapshots);
  const taken = isAsGiven ? snapshots : snapshots.map(check);
  const reasons = new Map<MetricSnapshot, string>();
  for (const entry of rejected) {
    const { snapshot, reason } = (entry ?? {}) as { snapshot?: unknown; reason?: unknown };
    const text = textOf(reason);
    if (text === undefined) {
      throw new TypeError(
        "prepare() must give a reason, as text, for each snapshot that it rejects",
      );
    }
    reasons.set(check(snapshot), text);
  }
  if (rejected.length > 0) {
    const different = new Set([...taken, ...reasons.keys()]);
    if (different.size < taken.length + rejected.length) throw new TypeError(SNAPSHOT_TWICE);
  }
  if (!isAsGiven) checkSeries(taken, made);
  return { snapshots: taken, rejected: reasons };
}

function isPartOf(
  window: readonly MetricSnapshot[],
  snapshots: readonly unknown[],
): snapshots is readonly MetricSnapshot[] {
  let position = 0;
  for (const snapshot of snapshots) {
    while (position < window.length && window[position] !== snapshot) position++;
    if (position++ >= window.length) return false;
  }
  return true;
}

/** @throws TypeError unless the snapshot can be counted, merged and exported. */
function checkSnapshot(given: unknown): void {
  const snapshot = (given ?? {}) as Partial<MetricSnapshot>;
  const { name, unit, dimensions, count } = snapshot;
  if (typeof name !== "string" || typeof unit !== "string" || !isDimensions(dimensions)) {
    throw new TypeError("prepare() must return snapshots and nothing else");
  }
  const wrong = whatIsWrong(snapshot) ?? whatIsWrongInside(snapshot);
  if (wrong !== undefined)
    throw new TypeError(`prepare() returned a snapshot of "${name}" ${wrong}`);
  // The count is read several times, and a getter could return something else each time.
  const own = Object.getOwnPropertyDescriptor(given, "count");
  if (own === undefined || own.value !== count) {
    throw new TypeError("prepare() must return snapshots of plain values");
  }
}

function whatIsWrong(snapshot: Partial<MetricSnapshot>): string | undefined {
  const { kind, count, sum, min, max, last, windowStart, windowEnd } = snapshot;
  if (!isKind(kind)) return "whose kind is neither counter, gauge nor distribution";
  if (!isCount(count) || count === 0) return "whose count is not a whole number from 1";
  if (!isFiniteNumber(sum)) return "whose sum is not a finite number";
  if (!isFiniteNumber(min)) return "whose min is not a finite number";
  if (!isFiniteNumber(max)) return "whose max is not a finite number";
  if (!isFiniteNumber(last)) return "whose last is not a finite number";
  if (!isFiniteNumber(windowStart)) return "whose windowStart is not a finite number";
  if (!isFiniteNumber(windowEnd)) return "whose windowEnd is not a finite number";
  return windowEnd < windowStart ? "whose windowEnd is before its windowStart" : undefined;
}

function whatIsWrongInside({
  count,
  histogram,
  thresholds,
}: Partial<MetricSnapshot>): string | undefined {
  if (histogram !== undefined && !isHistogram(histogram))
    return "whose histogram is not an exponential histogram";
  return thresholds === undefined || areThresholds(thresholds, count)
    ? undefined
    : "whose thresholds are not 1 to 64 ascending bounds with counts that add up to its count";
}

function isHistogram(histogram: Partial<ExponentialHistogram> | null): boolean {
  const { scale, zeroCount, positive, negative, maxBuckets } = histogram ?? {};
  const isLimit =
    maxBuckets === undefined ||
    (Number.isInteger(maxBuckets) &&
      maxBuckets >= LEAST_MAX_BUCKETS &&
      maxBuckets <= MOST_MAX_BUCKETS);
  return (
    Number.isInteger(scale) &&
    isCount(zeroCount) &&
    isBuckets(positive) &&
    isBuckets(negative) &&
    isLimit
  );
}

function isKind(value: unknown): value is MetricKind {
  return value === "counter" || value === "gauge" || value === "distribution";
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isDimensions(value: unknown): boolean {
  return Array.isArray(value) && value.every(isPair);
}

function isPair(pair: unknown): boolean {
  return (
    Array.isArray(pair) &&
    pair.length === 2 &&
    typeof pair[0] === "string" &&
    typeof pair[1] === "string"
  );
}

function isBuckets(value: Partial<ExponentialBuckets> | null | undefined): boolean {
  const { offset, bucketCounts } = value ?? {};
  if (!Number.isInteger(offset) || !Array.isArray(bucketCounts)) return false;
  // Most of them are 0, and calling a function for each would take most of the time of a small export's checks.
  for (const count of bucketCounts) if (count !== 0 && !isCount(count)) return false;
  return true;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** @throws TypeError if two snapshots are of the same series, in this part or with an earlier one. */
function checkSeries(snapshots: readonly MetricSnapshot[], made: MadeSeries): void {
  for (const snapshot of snapshots) {
    let isNew = false;
    const first = made.getOrMake(snapshot, () => {
      isNew = true;
      return snapshot;
    });
    if (isNew) continue;
    throw new TypeError(
      first === snapshot
        ? SNAPSHOT_TWICE
        : `prepare() returned a series of "${snapshot.name}" twice`,
    );
  }
}

const SNAPSHOT_TWICE = "prepare() must not return a snapshot twice";
