import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { Batch } from "./batch.ts";
import { SeriesMap } from "./series-map.ts";

/**
 * If the sum of a series would be infinite, at most this many of its snapshots are kept separate.
 */
const MAX_APART = 8;

/** How far {@link coalesce} goes. */
export interface CoalesceOptions {
  /** By how many snapshots the queue must shrink. Merging stops as soon as it has. */
  readonly excess: number;
  /** The first span that is tried, in milliseconds. */
  readonly spanMs: number;
  /** The longest span that is tried, in milliseconds. */
  readonly longestSpanMs: number;
  /**
   * The `upTo` of each ticket in use. A batch up to a border is never merged with a later batch, so
   * that each ticket can be counted exactly.
   */
  readonly borders: readonly number[];
}

/**
 * Merges windows, oldest first, until there are few enough snapshots. It merges the windows that
 * begin within the same span of time, series by series. Spans are aligned to multiples of their
 * length. If a span was not long enough, it is doubled. Counts and sums do not change; only the
 * resolution in time gets coarser.
 *
 * @param batches in the order of their sequence, none of them empty
 */
export function coalesce(batches: readonly Batch[], options: CoalesceOptions): readonly Batch[] {
  const starts = batches.map(startOf);
  const oldest = starts.reduce((time, start) => Math.min(time, start), Infinity);
  const newest = starts.reduce((time, start) => Math.max(time, start), -Infinity);
  const enough = Math.min(options.longestSpanMs, (newest - oldest + 1) * 2);
  let { excess } = options;
  let merged = batches;
  for (let spanMs = options.spanMs; spanMs <= enough && excess > 0; spanMs *= 2) {
    const before = sizeOf(merged);
    merged = mergeBySpan(merged, spanMs, excess, options.borders);
    excess -= before - sizeOf(merged);
  }
  // A border between spans may lie between the times to which a wall clock is set to and fro. Then
  // no aligned span joins two windows that follow each other.
  return excess > 0 && newest - oldest < options.longestSpanMs
    ? mergeBySpan(merged, Infinity, excess, options.borders)
    : merged;
}

function mergeBySpan(
  batches: readonly Batch[],
  spanMs: number,
  excess: number,
  borders: readonly number[],
): readonly Batch[] {
  const kept: Batch[] = [];
  let saved = 0;
  let group: Batch[] = [];
  const endGroup = (): void => {
    if (group.length > 1 && saved < excess) {
      const merged = mergeBatches(group);
      saved += sizeOf(group) - merged.snapshots.length;
      kept.push(merged);
    } else kept.push(...group);
    group = [];
  };
  for (const batch of batches) {
    const [first] = group;
    if (first !== undefined && !isOneSpan(first, batch, spanMs, borders)) endGroup();
    group.push(batch);
  }
  endGroup();
  return kept;
}

function isOneSpan(first: Batch, next: Batch, spanMs: number, borders: readonly number[]): boolean {
  return (
    Math.floor(startOf(first) / spanMs) === Math.floor(startOf(next) / spanMs) &&
    !borders.some((border) => first.sequence <= border && next.sequence > border)
  );
}

function mergeBatches(batches: readonly Batch[]): Batch {
  const bySeries = new SeriesMap<MetricSnapshot[]>();
  const all: MetricSnapshot[][] = [];
  for (const { snapshots } of batches) {
    for (const snapshot of snapshots) {
      const ofSeries = bySeries.getOrMake(snapshot, () => {
        const parts: MetricSnapshot[] = [];
        all.push(parts);
        return parts;
      });
      mergeInto(ofSeries, snapshot);
    }
  }
  return {
    sequence: batches.reduce((latest, { sequence }) => Math.max(latest, sequence), 0),
    snapshots: all.flat(),
  };
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

function sizeOf(batches: readonly Batch[]): number {
  return batches.reduce((size, { snapshots }) => size + snapshots.length, 0);
}

/** When the batch's window began, in milliseconds since the epoch. */
function startOf({ snapshots }: Batch): number {
  return snapshots[0]?.windowStart ?? 0;
}
