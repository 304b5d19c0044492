import { canonicalDimensions } from "../recording/canonical-dimensions.ts";
import type { DimensionValues } from "../contract/dimensions.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";

/** Keeps every export, for tests and for programs that show their own metrics. Grows until {@link clear}. */
export class InMemorySink implements MetricsSink {
  readonly name = "memory";
  #exports: (readonly MetricSnapshot[])[] = [];

  /** Each export with what it was given, oldest first. */
  get exports(): readonly (readonly MetricSnapshot[])[] {
    return this.#exports;
  }

  /** The snapshots of all exports, oldest first. */
  get allSnapshots(): readonly MetricSnapshot[] {
    return this.#exports.flat();
  }

  /** All snapshots of one metric, oldest first. */
  byName(name: string): readonly MetricSnapshot[] {
    return this.allSnapshots.filter((snapshot) => snapshot.name === name);
  }

  /**
   * One series over all windows, merged; undefined if nothing was exported of it. `dimensions` must
   * be all that the series has, the common ones included; left out, the metric's series are merged.
   */
  read(name: string, dimensions?: DimensionValues): MetricSnapshot | undefined {
    const key = dimensions && JSON.stringify(canonicalDimensions(dimensions));
    const snapshots = this.byName(name).filter(
      (snapshot) => key === undefined || JSON.stringify(snapshot.dimensions) === key,
    );
    const [first, ...rest] = snapshots;
    return first && rest.reduce(mergeSnapshots, first);
  }

  /** Forgets everything. */
  clear(): void {
    this.#exports = [];
  }

  export(snapshots: readonly MetricSnapshot[]): Promise<void> {
    this.#exports.push(snapshots);
    return Promise.resolve();
  }
}
