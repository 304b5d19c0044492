import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { SeriesMap } from "@aiokpl/metrics-core/sink";
import { atLeast } from "../metric-data/explicit-buckets.ts";
import type { MetricDataBuilder } from "../metric-data/metric-data-builder.ts";
import type { InstrumentNames } from "../names/instrument-names.ts";
import type { CumulativeSeries, SumOrTotal } from "../series/cumulative-series.ts";
import type { CumulativeTotals } from "../series/cumulative-totals.ts";
import { KeptTotal } from "../series/kept-total.ts";
import { inTurns, type Turn } from "../turns/in-turns.ts";

/** Where a {@link Collection} gets and puts things. */
export interface CollectionContext {
  readonly names: InstrumentNames;
  readonly totals: CumulativeTotals;
  readonly builder: MetricDataBuilder;
  /** What was recorded and not committed to the totals yet, each series as it is when it is taken. */
  readonly open: () => Iterable<MetricSnapshot>;
  readonly turn: Turn;
}

/**
 * One reading of all series, which takes many turns of the event loop. Parts of a window may be
 * committed to the totals between two turns.
 *
 * A series is read in one turn, its total and what is open of it, so that each observation counts once:
 * either it is still open or it is in the total. A series that was read stays as it is.
 *
 * That does not do for a series that collects the observations of several of the manager's: the overflow
 * series, and metrics whose names differ only in case. Their open observations come one after the other.
 * They are summed up, each the first time that it comes, and what of it is committed before it came.
 */
export class Collection {
  readonly #context: CollectionContext;
  /** No other collection of the same totals has it. */
  readonly #number: number;
  /** In milliseconds since the epoch. */
  readonly #end: number;
  /** The shared series that are being read. */
  readonly #sums = new Map<CumulativeSeries, SumOrTotal>();
  /** The manager's series that are in the sums. */
  readonly #summed = new SeriesMap<object>();

  constructor(context: CollectionContext, number: number) {
    this.#context = context;
    this.#number = number;
    this.#end = context.totals.end;
  }

  /** Reads all series. It never rejects: if the open window can't be read, `errors` gets the reason, and the totals are read. */
  async run(errors: unknown[]): Promise<void> {
    const { totals, open, turn } = this.#context;
    try {
      await inTurns(open(), (snapshot) => this.#read(snapshot), turn);
    } catch (error) {
      errors.push(error);
    }
    const showSum = ([series, sum]: readonly [CumulativeSeries, SumOrTotal]): void => {
      this.#sums.delete(series);
      this.#show(series, sum);
    };
    await inTurns(this.#sums, showSum, turn);
    const showTotal = (series: CumulativeSeries): void => {
      if (!this.#hasRead(series) && totals.isEndedGauge(series)) totals.remove(series);
      else this.#show(series, series.total);
    };
    await inTurns(totals.series(), showTotal, turn);
  }

  /**
   * Takes note of a snapshot that is about to be committed to this series. What the manager's series has in
   * a later window is still to come.
   */
  commits(series: CumulativeSeries, snapshot: MetricSnapshot): void {
    const sum = this.#sums.get(series);
    if (sum !== undefined && !this.#summed.has(snapshot.name, snapshot))
      this.#sums.set(series, series.plus(snapshot, sum));
  }

  #read(snapshot: MetricSnapshot): void {
    const { names, totals } = this.#context;
    const { name } = names.assign(snapshot);
    if (name === undefined) return;
    const series = totals.place(name, snapshot, "free");
    if (series.overflow || names.isShared(name)) this.#addToSum(series, snapshot);
    else this.#show(series, series.plus(snapshot));
  }

  #addToSum(series: CumulativeSeries, snapshot: MetricSnapshot): void {
    const { name } = snapshot;
    if (this.#summed.has(name, snapshot)) return;
    this.#summed.set(name, snapshot, snapshot.dimensions);
    this.#sums.set(series, series.plus(snapshot, this.#sums.get(series)));
  }

  #hasRead({ reading }: CumulativeSeries): boolean {
    return reading?.collection === this.#number;
  }

  #show(series: CumulativeSeries, total: SumOrTotal | undefined): void {
    if (this.#hasRead(series)) return;
    series.reading ??= { collection: this.#number, shown: undefined };
    const { reading } = series;
    reading.collection = this.#number;
    const shown = neverLess(reading.shown, total);
    if (shown === undefined) return;
    if (typeof shown === "number") reading.shown = shown;
    else if (typeof reading.shown !== "object") reading.shown = new KeptTotal(shown);
    else if (shown !== reading.shown) reading.shown.replace(shown);
    const { name, start: startTime } = series;
    this.#context.builder.add({ name, series, startTime, endTime: this.#end }, shown);
  }
}

/**
 * Returns the newer total, or the one that was shown if the newer one has no more observations: a
 * window may be on its way from the manager to the sink, or unavailable. No bucket's count shrinks,
 * although a histogram may become coarser while its window is open.
 */
function neverLess(
  shown: SumOrTotal | undefined,
  total: SumOrTotal | undefined,
): SumOrTotal | undefined {
  if (shown === undefined || total === undefined) return shown ?? total;
  if (typeof total === "number")
    return typeof shown === "number" && !(total > shown) ? shown : total;
  if (typeof shown === "number") return total;
  if (!(total.count > shown.count)) return shown;
  return { ...total, counts: total.counts && atLeast(shown.counts, total.counts) };
}
