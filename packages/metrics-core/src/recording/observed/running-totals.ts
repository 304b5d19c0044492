/** Who reads totals. Once it has ended, another one may go on from its totals. */
interface Reader {
  readonly isEnded: boolean;
}

/** The total of one series, as it was read. */
export interface TotalReading {
  /** What tells the series from others of its metric. */
  readonly series: string;
  readonly total: number;
  readonly reader: Reader;
  /** Whether the first total of a series counts from itself, and not from zero. */
  readonly isFirstCounted: boolean;
  /** The number of this round of readings. */
  readonly round: number;
}

interface Baseline {
  reader: Reader;
  total: number;
}

interface SeriesBaselines {
  /** One for each reader; a series may have several. */
  readonly baselines: Baseline[];
  round: number;
}

/**
 * The totals of one counter that observers read, and of which the increase is counted. What was counted of a
 * series is remembered when the series is evicted, and when another observer takes over from one that has ended.
 */
export class RunningTotals {
  readonly #limit: number;
  /** The series that was read last comes last. */
  readonly #bySeries = new Map<string, SeriesBaselines>();

  /** @param limit most series that are remembered */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Has the increase of a total counted, if there is any. A total that is smaller than before was reset, and
   * counts from zero. What could not be counted is counted with the next reading. Returns false, and counts
   * nothing, if there is no room for the series.
   *
   * @param count returns whether it was counted
   */
  advance(reading: TotalReading, count: (increase: number) => boolean): boolean {
    const baseline = this.#baselineOf(reading);
    if (baseline === undefined) return false;
    const { total } = reading;
    const increase = total >= baseline.total ? total - baseline.total : total;
    if (increase === 0 || count(increase)) baseline.total = total;
    return true;
  }

  #baselineOf(reading: TotalReading): Baseline | undefined {
    const { series, reader, total, isFirstCounted, round } = reading;
    const known = this.#bySeries.get(series);
    if (known === undefined && !this.#hasRoom(round)) return undefined;
    const baselines = known?.baselines ?? [];
    this.#bySeries.delete(series);
    this.#bySeries.set(series, { baselines, round });
    let baseline = baselines.find((each) => each.reader === reader) ?? inherited(baselines, total);
    if (baseline === undefined)
      baselines.push((baseline = { reader, total: isFirstCounted ? total : 0 }));
    baseline.reader = reader;
    return baseline;
  }

  /** Whether one more series can be remembered; the one that was longest not read is forgotten for it. */
  #hasRoom(round: number): boolean {
    if (this.#bySeries.size < this.#limit) return true;
    const [oldest] = this.#bySeries;
    // A series of the last round may be read later in this one.
    if (oldest === undefined || oldest[1].round >= round - 1) return false;
    this.#bySeries.delete(oldest[0]);
    return true;
  }
}

/** The baseline of a reader that has ended: the largest that the total can have grown from, or else any. */
function inherited(baselines: readonly Baseline[], total: number): Baseline | undefined {
  const left = baselines
    .filter(({ reader }) => reader.isEnded)
    .toSorted((a, b) => b.total - a.total);
  return left.find((each) => each.total <= total) ?? left[0];
}
