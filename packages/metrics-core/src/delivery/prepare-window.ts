import type { ExponentialBuckets } from "../contract/exponential-histogram.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { freezeSnapshot } from "../histogram/freeze-snapshot.ts";
import { quieten, quietenAll, textOf } from "../problems/thrown.ts";
import { SeriesMap } from "./series-map.ts";

/** A sink's view of a window, checked, in lists that the sink does not hold. */
export interface CheckedWindow {
  readonly snapshots: readonly MetricSnapshot[];
  readonly rejected: ReadonlyMap<MetricSnapshot, string>;
}

/**
 * Calls a sink's `prepare`, and checks and freezes what it returns.
 *
 * @throws what `prepare` throws, and TypeError if it returns anything but snapshots of different series that can be merged.
 */
export function prepareWindow(sink: MetricsSink, window: readonly MetricSnapshot[]): CheckedWindow {
  if (sink.prepare === undefined) return { snapshots: window, rejected: new Map() };
  const prepared: unknown = sink.prepare([...window]);
  quieten(prepared);
  const { snapshots, rejected = [] } = listsOf(prepared);
  if (!Array.isArray(snapshots) || !Array.isArray(rejected)) {
    quietenAll(snapshots);
    quietenAll(rejected);
    throw new TypeError("prepare() must return an array, or { snapshots, rejected } with arrays");
  }
  try {
    return checkedWindow(window, [...snapshots], [...rejected]);
  } catch (error) {
    quietenAll(snapshots);
    quietenAll(rejected);
    throw error;
  }
}

function listsOf(prepared: unknown): { readonly snapshots?: unknown; readonly rejected?: unknown } {
  if (Array.isArray(prepared)) return { snapshots: prepared };
  return typeof prepared === "object" && prepared !== null ? prepared : {};
}

function checkedWindow(
  window: readonly MetricSnapshot[],
  snapshots: readonly unknown[],
  rejected: readonly unknown[],
): CheckedWindow {
  // Most sinks return the window, or a part of it in its order, and that is as it must be.
  if (rejected.length === 0 && isPartOf(window, snapshots)) {
    return { snapshots, rejected: new Map() };
  }
  const own = new Set<unknown>(window);
  const check = (given: unknown): MetricSnapshot => {
    if (!own.has(given)) checkSnapshot(given);
    const snapshot = freezeSnapshot(given as MetricSnapshot);
    if (!own.has(given)) checkPlain(snapshot);
    return snapshot;
  };
  const taken = snapshots.map(check);
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
  const different = new Set([...taken, ...reasons.keys()]);
  if (different.size < taken.length + rejected.length) {
    throw new TypeError("prepare() must not return a snapshot twice");
  }
  checkSeries(taken);
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

const KINDS: ReadonlySet<unknown> = new Set<MetricKind>(["counter", "gauge", "distribution"]);
const FINITE_MEMBERS = ["count", "sum", "min", "max", "last", "windowStart", "windowEnd"] as const;

/** @throws TypeError if it could not be counted, merged and exported. */
function checkSnapshot(given: unknown): void {
  const { name, unit, kind, count, dimensions, windowStart, windowEnd, histogram, ...numbers } =
    (given ?? {}) as Partial<MetricSnapshot>;
  const isSnapshot =
    typeof name === "string" && typeof unit === "string" && isDimensions(dimensions);
  if (!isSnapshot) throw new TypeError("prepare() must return snapshots and nothing else");
  const refuse = (what: string): never => {
    throw new TypeError(`prepare() returned a snapshot of "${name}" ${what}`);
  };
  if (!KINDS.has(kind)) refuse("whose kind is neither counter, gauge nor distribution");
  const members = { ...numbers, count, windowStart, windowEnd };
  for (const member of FINITE_MEMBERS) {
    if (!Number.isFinite(members[member])) refuse(`whose ${member} is not a finite number`);
  }
  if (!isCount(count) || count === 0) refuse("whose count is not a whole number from 1");
  if (Number(windowEnd) < Number(windowStart)) refuse("whose windowEnd is before its windowStart");
  if (histogram === undefined) return;
  const { scale, zeroCount, positive, negative } = histogram ?? {};
  const isHistogram =
    Number.isInteger(scale) && isCount(zeroCount) && isBuckets(positive) && isBuckets(negative);
  if (!isHistogram) refuse("whose histogram is not an exponential histogram");
}

/**
 * A getter, or a proxy, may say something else each time. What is frozen and no getter can't.
 *
 * @throws TypeError if a member is no plain value.
 */
function checkPlain(snapshot: MetricSnapshot): void {
  const { histogram } = snapshot;
  const isPlain =
    PLAIN_MEMBERS.every((member) => isValue(snapshot, member)) &&
    // Of what is frozen a proxy can only say the truth, or throw, which it then does here.
    FINITE_MEMBERS.every((member) => Number.isFinite(snapshot[member])) &&
    (histogram === undefined || Object.keys(histogram).every((part) => isValue(histogram, part)));
  if (!isPlain) throw new TypeError("prepare() must return snapshots of plain values");
}

const PLAIN_MEMBERS = [...FINITE_MEMBERS, "name", "kind", "unit", "dimensions"] as const;

function isValue(object: object, member: string): boolean {
  return Object.getOwnPropertyDescriptor(object, member)?.get === undefined;
}

function isDimensions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string"),
    )
  );
}

function isBuckets(value: Partial<ExponentialBuckets> | null | undefined): boolean {
  const { offset, bucketCounts } = value ?? {};
  return Number.isInteger(offset) && Array.isArray(bucketCounts) && bucketCounts.every(isCount);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

/** @throws TypeError if two snapshots are of one series. */
function checkSeries(snapshots: readonly MetricSnapshot[]): void {
  const known = new SeriesMap<true>();
  for (const snapshot of snapshots) {
    if (known.get(snapshot) === true) {
      throw new TypeError(`prepare() returned a series of "${snapshot.name}" twice`);
    }
    known.set(snapshot, true);
  }
}
