import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import { type Batch, batchOf, sizeOf } from "./batch.ts";
import { SeriesMap } from "./series-map.ts";

/**
 * If the sum of a series would be infinite, at most this many of its snapshots are kept separate.
 */
const MAX_APART = 8;

/** So many snapshots are merged in a step. */
const STEP_SNAPSHOTS = 256;

/** So many series the batches have into which windows are merged. */
const MERGED_BATCH = 2_000;

/** A queue whose batches are to be merged. It may change between the steps of {@link coalesce}. */
export interface Coalescible {
  /** What may be merged, in the order of its sequence, no batch empty. */
  readonly waiting: readonly Batch[];
  /** How many snapshots the queue has in all. */
  readonly snapshots: number;
  /** Replaces groups of batches that follow each other, unless one of them was changed meanwhile. */
  replace(replacements: readonly Replacement[]): void;
}

/** Batches of several windows, and what they were merged into. */
export interface Replacement {
  readonly group: readonly Batch[];
  readonly merged: readonly Batch[];
}

/** How far {@link coalesce} goes. */
export interface CoalesceOptions {
  /** How many snapshots may stay. Merging stops when there are no more. */
  readonly target: number;
  /** The first span that is tried, in milliseconds. */
  readonly spanMs: number;
  /** The longest span that is tried, in milliseconds. */
  readonly longestSpanMs: number;
  /**
   * The `upTo` of each ticket in use. A batch up to a border is never merged with a later batch, so
   * that each ticket can be counted exactly.
   */
  readonly borders: () => readonly number[];
}

/**
 * Merges windows, oldest first, until there are few enough snapshots. It merges the windows that
 * begin within the same span of time, series by series. Spans are aligned to multiples of their
 * length. If a span was not long enough, it is doubled. Counts and sums do not change; only the
 * resolution in time gets coarser. Each step takes about a millisecond.
 */
export function* coalesce(queue: Coalescible, options: CoalesceOptions): Generator<undefined> {
  const { target } = options;
  const starts = queue.waiting.map(startOf);
  const oldest = starts.reduce((time, start) => Math.min(time, start), Infinity);
  const newest = starts.reduce((time, start) => Math.max(time, start), -Infinity);
  const enough = Math.min(options.longestSpanMs, (newest - oldest + 1) * 2);
  for (let spanMs = options.spanMs; spanMs <= enough && queue.snapshots > target; spanMs *= 2)
    yield* mergeBySpan(queue, spanMs, options);
  // A border between spans may lie between the times to which a wall clock is set to and fro. Then
  // no aligned span joins two windows that follow each other.
  if (queue.snapshots > target && newest - oldest < options.longestSpanMs)
    yield* mergeBySpan(queue, Infinity, options);
}

function* mergeBySpan(
  queue: Coalescible,
  spanMs: number,
  { target, borders: bordersNow }: CoalesceOptions,
): Generator<undefined> {
  const replacements: Replacement[] = [];
  let saved = 0;
  for (const group of groupsOf(queue.waiting, spanMs, bordersNow())) {
    if (queue.snapshots - saved <= target) break;
    const merged = yield* mergeBatches(group);
    saved += sizeOf(group) - sizeOf(merged);
    replacements.push({ group, merged });
  }
  const borders = bordersNow();
  queue.replace(replacements.filter(({ group }) => !isCut(group, borders)));
}

/** The batches of more than one window that begin within the same span. */
function groupsOf(
  batches: readonly Batch[],
  spanMs: number,
  borders: readonly number[],
): readonly (readonly Batch[])[] {
  const groups: Batch[][] = [];
  let group: Batch[] = [];
  for (const batch of batches) {
    const [first] = group;
    if (first === undefined || !isOneSpan(first, batch, spanMs) || isCut([first, batch], borders))
      groups.push((group = []));
    group.push(batch);
  }
  return groups.filter((each) => each[0]?.sequence !== each.at(-1)?.sequence);
}

function isOneSpan(first: Batch, next: Batch, spanMs: number): boolean {
  return Math.floor(startOf(first) / spanMs) === Math.floor(startOf(next) / spanMs);
}

/** Whether a border lies within the batches, which are in order. */
function isCut(group: readonly Batch[], borders: readonly number[]): boolean {
  const [first, last] = [group[0]?.sequence ?? 0, group.at(-1)?.sequence ?? 0];
  return borders.some((border) => first <= border && last > border);
}

function* mergeBatches(batches: readonly Batch[]): Generator<undefined, readonly Batch[]> {
  const bySeries = new SeriesMap<MetricSnapshot[]>();
  const all: MetricSnapshot[][] = [];
  let step = 0;
  for (const { snapshots } of batches) {
    for (const snapshot of snapshots) {
      const ofSeries = bySeries.getOrMake(snapshot, () => {
        const parts: MetricSnapshot[] = [];
        all.push(parts);
        return parts;
      });
      mergeInto(ofSeries, snapshot);
      if (++step % STEP_SNAPSHOTS === 0) yield;
    }
  }
  const sequence = batches.reduce((latest, each) => Math.max(latest, each.sequence), 0);
  const merged: Batch[] = [];
  for (let start = 0; start < all.length; start += MERGED_BATCH) {
    merged.push(batchOf(sequence, all.slice(start, start + MERGED_BATCH).flat()));
    yield;
  }
  return merged;
}

/**
 * Merges a snapshot with a known one of its series. If the sum would be infinite, the snapshot is
 * kept separate, up to `MAX_APART`. Above that limit the sum stays at the largest number. Gauges
 * are never kept separate, because the sum of a gauge matters little.
 */
function mergeInto(known: MetricSnapshot[], snapshot: MetricSnapshot): void {
  const fitting = known.findIndex((each) => Number.isFinite(each.sum + snapshot.sum));
  const isApart = fitting === -1 && snapshot.kind !== "gauge" && known.length < MAX_APART;
  const position = fitting === -1 ? known.length - 1 : fitting;
  const partner = known[position];
  if (isApart || partner === undefined) known.push(snapshot);
  else known[position] = mergeSnapshots(partner, snapshot);
}

/** When the batch's window began, in milliseconds since the epoch. */
function startOf({ snapshots }: Batch): number {
  return snapshots[0]?.windowStart ?? 0;
}
