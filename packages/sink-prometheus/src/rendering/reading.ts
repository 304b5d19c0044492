import type { GaugeCombination, MetricSnapshot } from "@aiokpl/metrics-core";
import type { FamilyPage, ShownDistribution } from "../exposition/family-page.ts";
import { combinedLevel, type Level } from "../series/combined-level.ts";
import { addedUp, DistributionTotal, finite } from "../series/distribution-total.ts";
import type { ExposedSeries, Source } from "../series/exposed-series.ts";
import type { Totals } from "../series/totals.ts";

/** All observations of one of the manager's series, as they were when it was read. */
export type Reading = CounterReading | GaugeReading | DistributionReading;

interface CounterReading {
  readonly kind: "counter";
  readonly value: number;
}

interface GaugeReading extends Level {
  readonly kind: "gauge";
}

interface DistributionReading {
  readonly kind: "distribution";
  readonly shown: ShownDistribution;
  /** The smallest value. */
  readonly min: number;
}

/**
 * Reads a series: what is in its total, and what is open of it. Returns undefined if it has ended, which only gauges
 * do without being told.
 */
export function readingOf(
  source: Source,
  totals: Totals,
  detail: "classic" | "native",
  open?: MetricSnapshot,
): Reading | undefined {
  const { kind, bounds } = source.series.parent.family;
  switch (kind) {
    case "counter":
      return { kind, value: open === undefined ? source.value : finite(source.value + open.sum) };
    case "gauge":
      if (open !== undefined) return { kind, value: open.last, levels: open.levels ?? 1 };
      return totals.hasEnded(source)
        ? undefined
        : { kind, value: source.value, levels: source.levels };
    case "distribution": {
      const { distribution } = source;
      if (open === undefined) {
        return distribution && { kind, shown: distribution.shown(detail), min: distribution.min };
      }
      const total = distribution ?? new DistributionTotal(bounds);
      return { kind, shown: total.plus(open, detail), min: Math.min(total.min, open.min) };
    }
  }
}

/** Writes a series with one source. */
export function show(series: ExposedSeries, reading: Reading, page: FamilyPage): void {
  switch (reading.kind) {
    case "counter":
      page.counter(series, series.rising(reading.value));
      return;
    case "gauge":
      page.gauge(series, reading.value);
      return;
    case "distribution": {
      const { shown, min } = reading;
      const { count, sum, counts, histogram } = shown;
      // With negative values the sum may fall.
      const total = min < 0 ? sum : series.rising(sum);
      page.distribution(series, { count, sum: total, counts, histogram });
    }
  }
}

/** Adds up the sources of one series; undefined if there are none. */
export function together(
  readings: readonly Reading[],
  combine: GaugeCombination,
): Reading | undefined {
  const [first] = readings;
  if (first === undefined || readings.length === 1) return first;
  switch (first.kind) {
    case "counter": {
      const values = readings.map((each) => (each.kind === "counter" ? each.value : 0));
      return { kind: "counter", value: values.reduce((sum, each) => finite(sum + each)) };
    }
    case "gauge": {
      const levels = readings.filter((each) => each.kind === "gauge");
      const value = combinedLevel(levels, combine) ?? first.value;
      return { kind: "gauge", value, levels: 1 };
    }
    case "distribution": {
      const parts = readings.filter((each) => each.kind === "distribution");
      const shown = addedUp(parts.map((part) => part.shown)) ?? first.shown;
      return { kind: "distribution", shown, min: Math.min(...parts.map(({ min }) => min)) };
    }
  }
}
