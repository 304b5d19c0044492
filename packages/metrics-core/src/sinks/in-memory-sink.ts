import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import { hasDimensions, type PartOfDimensions } from "../recording/has-dimensions.ts";

/**
 * Keeps every export, for tests and for programs that show their own metrics. Grows until
 * {@link clear}. With the type of a catalogue, `new InMemorySink<typeof catalogue>()`, the compiler
 * checks names and dimensions. `@aiokpl/metrics-core/testing` has readers that say what there is when
 * nothing is found.
 */
export class InMemorySink<C extends MetricCatalogue = MetricCatalogue> implements MetricsSink {
  /** Ties the type to its catalogue; absent at run time. */
  declare readonly "~catalogue"?: C | undefined;
  /** Always "memory". */
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

  /**
   * The snapshots of one metric, oldest first. With `dimensions`, only of the series that have each of
   * them: other dimensions, common ones included, do not matter, and a dimension that is `undefined`,
   * `null` or `""` must be absent.
   */
  byName<N extends keyof C & string>(
    name: N,
    dimensions?: PartOfDimensions<C, N>,
  ): readonly MetricSnapshot[] {
    return this.allSnapshots.filter(
      (snapshot) => snapshot.name === name && hasDimensions(snapshot.dimensions, dimensions),
    );
  }

  /**
   * What {@link byName} returns, merged into one snapshot over all windows and series; undefined if
   * there is nothing. Of several series of a gauge, `last` is that of the snapshot exported last.
   */
  read<N extends keyof C & string>(
    name: N,
    dimensions?: PartOfDimensions<C, N>,
  ): MetricSnapshot | undefined {
    const [first, ...rest] = this.byName(name, dimensions);
    return first && rest.reduce(mergeSnapshots, first);
  }

  /** Forgets everything. */
  clear(): void {
    this.#exports = [];
  }

  /** Keeps the snapshots. */
  export(snapshots: readonly MetricSnapshot[]): Promise<void> {
    this.#exports.push(snapshots);
    return Promise.resolve();
  }
}
