import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { secondOf } from "./to-series.ts";

/**
 * How much earlier a window of a later export may begin than the windows offered now, in seconds.
 * Windows that were merged in an outage come in any order, and span less than this.
 */
const MEMORY_S = 3_600;

/**
 * Remembers what was written to seconds that may be written again, since at Datadog the last write to
 * a series' second wins. A second window of the same second must be sent as the total of both. And
 * where a write had no answer and its window was since merged into an earlier one, the second that may
 * have been written must be set to 0. Gauges need none of this: their last write is the right one.
 */
export class RunningTotals {
  /** The last total of each series, for windows that end in the second in which they begin. */
  readonly #written = new Map<
    string,
    { readonly second: number; readonly total: MetricSnapshot }
  >();
  /** The seconds of each series whose last write had no answer. */
  readonly #doubtful = new Map<string, Set<number>>();

  /** Returns what to write instead of the snapshot, so that what its second has already stays counted. */
  totalOf(series: string, snapshot: MetricSnapshot): MetricSnapshot {
    const written = this.#written.get(series);
    return written?.second === secondOf(snapshot.windowStart)
      ? mergeSnapshots(written.total, snapshot)
      : snapshot;
  }

  /** Returns the seconds within the snapshot's window that may hold some of its counts already, and must be set to 0. */
  doubtfulIn(series: string, { windowStart, windowEnd }: MetricSnapshot): readonly number[] {
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return [];
    return [...doubtful].filter(
      (second) => second > secondOf(windowStart) && second * 1_000 < windowEnd,
    );
  }

  /** Records that Datadog took this total, and 0 for the emptied seconds. */
  recordTaken(series: string, total: MetricSnapshot, emptied: readonly number[]): void {
    const second = secondOf(total.windowStart);
    if (total.kind !== "gauge" && secondOf(total.windowEnd) === second)
      this.#written.set(series, { second, total });
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return;
    for (const each of [second, ...emptied]) doubtful.delete(each);
    if (doubtful.size === 0) this.#doubtful.delete(series);
  }

  /** Records that it is unknown whether Datadog took this snapshot. */
  recordDoubt(series: string, { kind, windowStart }: MetricSnapshot): void {
    if (kind === "gauge") return;
    const doubtful = this.#doubtful.get(series) ?? new Set();
    this.#doubtful.set(series, doubtful.add(secondOf(windowStart)));
  }

  /** Forgets seconds that no export can reach any more, given the oldest second that is offered now. */
  forgetBefore(oldestOffered: number): void {
    const oldest = oldestOffered - MEMORY_S;
    for (const [series, { second }] of this.#written)
      if (second < oldest) this.#written.delete(series);
    for (const [series, seconds] of this.#doubtful) {
      for (const second of seconds) if (second < oldest) seconds.delete(second);
      if (seconds.size === 0) this.#doubtful.delete(series);
    }
  }
}
