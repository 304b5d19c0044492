import type { MetricSnapshot, MetricsSink, SinkHost } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";

/** One of the manager's series. */
export interface Source {
  readonly name: string;
  /** The name of its only dimension. */
  readonly dimension: string;
  readonly id: string;
}

/** What `prepare` has not got of a source. */
interface Unprepared {
  readonly source: Source;
  closing: readonly number[];
  open: readonly number[];
}

/** A manager of counters, which closes its windows in the parts that a test asks for. */
export class PartedManager implements SinkHost {
  readonly exportIntervalMs = 60_000;
  readonly #sink: Pick<MetricsSink, "prepare">;
  readonly #unprepared: readonly Unprepared[];
  #now: number;
  #isClosing = false;

  constructor(sink: Pick<MetricsSink, "prepare">, sources: readonly Source[], now: number) {
    this.#sink = sink;
    this.#unprepared = sources.map((source) => ({ source, closing: [], open: [] }));
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  snapshots(): readonly MetricSnapshot[] {
    return [...this.series()];
  }

  /** As core promises it: each series as it is when it is taken, with what is left of a window that is being closed. */
  *series(): Iterable<MetricSnapshot> {
    for (const { source, closing, open } of this.#unprepared)
      if (closing.length + open.length > 0) yield this.#snapshot(source, [...closing, ...open]);
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** Whether there is something of a source that `prepare` has not got. */
  holds(source: number): boolean {
    const { closing = [], open = [] } = this.#unprepared[source] ?? {};
    return closing.length + open.length > 0;
  }

  record(source: number, value: number): void {
    this.#now++;
    const unprepared = this.#unprepared[source % this.#unprepared.length];
    if (unprepared !== undefined) unprepared.open = [...unprepared.open, value];
  }

  /** Gives `prepare` the next part of a window, and begins to close the open one if there is none. */
  part(size: number): void {
    if (!this.#isClosing) {
      this.#now++;
      for (const each of this.#unprepared) [each.closing, each.open] = [each.open, []];
    }
    const left = this.#unprepared.filter(({ closing }) => closing.length > 0);
    const part = left.slice(0, size).map((each) => {
      const snapshot = this.#snapshot(each.source, each.closing);
      each.closing = [];
      return snapshot;
    });
    this.#isClosing = part.length < left.length;
    this.#sink.prepare?.(part, { last: !this.#isClosing });
  }

  #snapshot({ name, dimension, id }: Source, values: readonly number[]): MetricSnapshot {
    const [snapshot] = exampleSnapshots({
      series: [{ name, dimensions: { [dimension]: id }, values }],
      windowStart: this.#now - 1,
      windowMs: 1,
    });
    if (snapshot === undefined) throw new Error("no snapshot");
    return snapshot;
  }
}
