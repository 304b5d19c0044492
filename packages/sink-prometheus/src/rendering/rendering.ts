import type { MetricSnapshot } from "@aiokpl/metrics-core";
import {
  endOf,
  type FamilyPage,
  newFamilyPage,
  type PageOptions,
} from "../exposition/family-page.ts";
import type { ExposedSeries, SeriesFamily, Source } from "../series/exposed-series.ts";
import type { Totals } from "../series/totals.ts";
import { type Reading, readingOf, show, together } from "./reading.ts";
import type { Turn } from "./turn.ts";

/** What a {@link Rendering} reads and how it is to write. */
export interface RenderingOptions extends PageOptions {
  readonly totals: Totals;
  /** What was recorded and is not in the totals yet, each series as it is when it is taken. */
  readonly open: () => Iterable<MetricSnapshot>;
  readonly nativeHistograms: boolean;
  readonly turn: Turn;
}

/**
 * Writes one page. That takes as many turns of the event loop as it needs, so that the program does not stand still;
 * meanwhile windows may be closed, and series made and removed.
 *
 * First it walks through what is open. A series that comes is written at once, its total and what is open of it read
 * in one turn; so each observation counts once, since it is either open or in the total. Then it writes the series
 * that did not come. Two series of the manager that have the same labels are added up, and written then too.
 */
export class Rendering {
  readonly #options: RenderingOptions;
  /** No other rendering of the same totals has it, and none runs at the same time. */
  readonly #number: number;
  readonly #detail: "classic" | "native";
  readonly #pages = new Map<SeriesFamily, FamilyPage>();
  /** The family that was written to last, and its page. */
  #parent: SeriesFamily | undefined;
  #page: FamilyPage | undefined;
  /** What was read of series with several sources. */
  readonly #shared = new Map<ExposedSeries, Reading[]>();

  constructor(options: RenderingOptions, number: number) {
    this.#options = options;
    this.#number = number;
    const { nativeHistograms, format } = options;
    this.#detail = nativeHistograms && format.syntax === "protobuf" ? "native" : "classic";
  }

  /** Returns the page in pieces. */
  async run(): Promise<readonly Uint8Array[]> {
    const { totals, open, turn, format } = this.#options;
    for (const snapshot of open()) {
      this.#read(snapshot);
      if (turn.isOver) await turn.next();
    }
    const newest = totals.newest;
    const chunks: Uint8Array[] = [];
    for (const parent of totals.families()) {
      for (const series of parent.series) {
        // What is newer than the walk may be there twice: a series that was removed may have come back.
        if (series.number > newest) break;
        if (!series.isRemoved && series.writtenIn !== this.#number) this.#write(series);
        if (turn.isOver) await turn.next();
      }
      for (const chunk of this.#pages.get(parent)?.finish() ?? []) chunks.push(chunk);
      this.#pages.delete(parent);
    }
    return [...chunks, ...endOf(format)];
  }

  #read(snapshot: MetricSnapshot): void {
    const { totals } = this.#options;
    const source = totals.open(snapshot);
    if (source === undefined || source.readIn === this.#number) return;
    source.readIn = this.#number;
    const { series } = source;
    const reading = readingOf(source, totals, this.#detail, snapshot);
    if (reading === undefined) return;
    if (series.sources.length === 1) return this.#show(series, reading);
    const readings = this.#shared.get(series);
    if (readings === undefined) this.#shared.set(series, [reading]);
    else readings.push(reading);
  }

  /** Writes a series that the walk did not come to, or that has several sources. */
  #write(series: ExposedSeries): void {
    const { sources, parent } = series;
    const [only] = sources;
    if (sources.length === 1 && only !== undefined && only.readIn !== this.#number)
      return this.#show(series, this.#readClosed(only));
    const readings = [...(this.#shared.get(series) ?? [])];
    for (const source of sources) {
      const reading = source.readIn === this.#number ? undefined : this.#readClosed(source);
      if (reading !== undefined) readings.push(reading);
    }
    this.#show(series, together(readings, parent.family.combine));
  }

  /** Reads a series of which nothing is open. One that has ended is removed. */
  #readClosed(source: Source): Reading | undefined {
    const { totals } = this.#options;
    const reading = readingOf(source, totals, this.#detail);
    if (reading === undefined) totals.remove(source);
    return reading;
  }

  #show(series: ExposedSeries, reading: Reading | undefined): void {
    series.writtenIn = this.#number;
    if (reading === undefined) return;
    const { parent } = series;
    if (parent !== this.#parent) {
      this.#parent = parent;
      this.#page = this.#pages.get(parent);
    }
    if (this.#page === undefined) {
      this.#page = newFamilyPage(parent.family, this.#options);
      this.#pages.set(parent, this.#page);
    }
    show(series, reading, this.#page);
  }
}
