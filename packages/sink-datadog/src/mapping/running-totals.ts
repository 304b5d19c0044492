import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { secondOf } from "./to-series.ts";

/**
 * Seconds by which what is offered later may begin earlier: of windows that were merged in an outage
 * an export may get those first that begin late. They span less.
 */
const MEMORY_S = 3_600;

/**
 * What Datadog has of seconds that may be written again. The last write to a series' second wins
 * there, so a second window of the same second must be sent as the total of both; and a second whose
 * write had no answer must be written again, even where its window was merged into an earlier one.
 * Of gauges the last write is the right one, so nothing is kept of them.
 */
export class RunningTotals {
  /** By series, for windows that end in the second in which they begin. */
  readonly #written = new Map<
    string,
    { readonly second: number; readonly total: MetricSnapshot }
  >();
  /** By series, the seconds of which it is not known what Datadog has. */
  readonly #doubtful = new Map<string, Set<number>>();

  /** What to write in place of the snapshot, so that what is there already stays counted. */
  totalOf(series: string, snapshot: MetricSnapshot): MetricSnapshot {
    const written = this.#written.get(series);
    return written?.second === secondOf(snapshot.windowStart)
      ? mergeSnapshots(written.total, snapshot)
      : snapshot;
  }

  /** Seconds within the snapshot's window that may hold what the snapshot counts too, and must be written as 0. */
  doubtfulIn(series: string, { windowStart, windowEnd }: MetricSnapshot): readonly number[] {
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return [];
    return [...doubtful].filter(
      (second) => second > secondOf(windowStart) && second * 1_000 < windowEnd,
    );
  }

  /** Datadog has this total, and nothing in these seconds. */
  recordTaken(series: string, total: MetricSnapshot, emptied: readonly number[]): void {
    const second = secondOf(total.windowStart);
    if (total.kind !== "gauge" && secondOf(total.windowEnd) === second)
      this.#written.set(series, { second, total });
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return;
    for (const each of [second, ...emptied]) doubtful.delete(each);
    if (doubtful.size === 0) this.#doubtful.delete(series);
  }

  /** Nobody knows whether Datadog has what this snapshot counts. */
  recordDoubt(series: string, { kind, windowStart }: MetricSnapshot): void {
    if (kind === "gauge") return;
    const doubtful = this.#doubtful.get(series) ?? new Set();
    this.#doubtful.set(series, doubtful.add(secondOf(windowStart)));
  }

  /** Forgets what nothing can meet any more, where the oldest that is offered is of this second. */
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
