import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { type CorrectedSecond, secondOf } from "./to-series.ts";
import type { Turn } from "./turn.ts";
import {
  forgetOld,
  recordWritten,
  type WrittenMemory,
  type WrittenTotal,
  writtenTotal,
} from "./written-totals.ts";

/**
 * How much earlier a window of a later export may begin than the windows offered now, in seconds.
 * Windows that were merged in an outage come in any order, and span less than this.
 */
const MEMORY_S = 3_600;

/** Taken when this file is loaded, so that fake timers of a test do not change it. */
const monotonicNow = performance.now.bind(performance);

/** What a sink's running totals are kept in. */
export interface RunningTotalsOptions {
  /** What this sink and its twins have written. */
  readonly memory: WrittenMemory;
  /** Whether percentiles are sent, which need the histograms of what was written. */
  readonly histograms: "kept" | "dropped";
}

/**
 * Remembers what was written to seconds that may be written again, since at Datadog the last write to
 * a series' second wins. Another window of the same second must be sent as the total of both: from
 * this sink, when windows are short or the clock was set back, or from another sink of the process.
 * And where a write had no answer and its window was since merged into an earlier one, the second that
 * may have been written must be set to what else belongs there. Gauges need none of this: their last
 * write is the right one.
 */
export class RunningTotals {
  readonly #memory: WrittenMemory;
  readonly #histograms: "kept" | "dropped";
  /** The seconds of each series whose last write had no answer. */
  readonly #doubtful = new Map<string, Set<number>>();

  constructor({ memory, histograms }: RunningTotalsOptions) {
    this.#memory = memory;
    this.#histograms = histograms;
  }

  /** Returns what to write instead of the snapshot, so that what its second has already stays counted. */
  totalOf(series: string, snapshot: MetricSnapshot): MetricSnapshot {
    const written = writtenTotal(this.#memory, series, secondOf(snapshot.windowStart));
    if (written === undefined) return snapshot;
    const { histogram: _, ...rest } = snapshot;
    return mergeSnapshots({ ...rest, ...written }, snapshot);
  }

  /** Returns the seconds within the snapshot's window that may hold some of its counts already. */
  doubtfulIn(
    series: string,
    { windowStart, windowEnd }: MetricSnapshot,
  ): readonly CorrectedSecond[] {
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return [];
    return [...doubtful]
      .filter((second) => second > secondOf(windowStart) && second * 1_000 < windowEnd)
      .map((second) => {
        const { count = 0, sum = 0 } = writtenTotal(this.#memory, series, second) ?? {};
        return { second, count, sum };
      });
  }

  /** Records that Datadog took this total, and what it has of the corrected seconds. */
  recordTaken(series: string, total: MetricSnapshot, corrected: readonly CorrectedSecond[]): void {
    if (total.kind === "gauge") return;
    const second = secondOf(total.windowStart);
    const written = { series, second, total: this.#toWritten(total) };
    recordWritten(this.#memory, written, monotonicNow());
    const doubtful = this.#doubtful.get(series);
    if (doubtful === undefined) return;
    doubtful.delete(second);
    for (const each of corrected) doubtful.delete(each.second);
    if (doubtful.size === 0) this.#doubtful.delete(series);
  }

  /** Records that it is unknown whether Datadog took this snapshot. */
  recordDoubt(series: string, { kind, windowStart }: MetricSnapshot): void {
    if (kind === "gauge") return;
    const doubtful = this.#doubtful.get(series) ?? new Set();
    this.#doubtful.set(series, doubtful.add(secondOf(windowStart)));
  }

  /** Forgets seconds that no export can reach any more, given the oldest second that is offered now. Takes several turns. */
  async forgetBefore(oldestOffered: number, turn: Turn): Promise<void> {
    await forgetOld(this.#memory, monotonicNow(), turn);
    const oldest = oldestOffered - MEMORY_S;
    for (const [series, seconds] of this.#doubtful) {
      for (const second of seconds) if (second < oldest) seconds.delete(second);
      if (seconds.size === 0) this.#doubtful.delete(series);
      if (turn.isOver) await turn.next();
    }
  }

  #toWritten({ count, sum, min, max, histogram }: MetricSnapshot): WrittenTotal {
    const total = { count, sum, min, max };
    const isKept = this.#histograms === "kept" && histogram !== undefined;
    return isKept ? { ...total, histogram } : total;
  }
}
