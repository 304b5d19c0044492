import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** What was recorded and not yet given to `prepare`, as a sink's host shows it. */
export class OpenWindow {
  #window: readonly MetricSnapshot[] = [];
  #given = 0;

  /** Shows another window. */
  show(window: readonly MetricSnapshot[]): void {
    this.#window = window;
    this.#given = 0;
  }

  /** Takes out the next snapshots, which `prepare` is given in the same turn. */
  give(snapshots: number): void {
    this.#given += snapshots;
  }

  /** What is left, as a list. */
  snapshots(): readonly MetricSnapshot[] {
    return this.#window.slice(this.#given);
  }

  /** What is left, one by one. What `prepare` gets meanwhile does not come. */
  *series(): Generator<MetricSnapshot> {
    const window = this.#window;
    for (const [index, snapshot] of window.entries())
      if (window === this.#window && index >= this.#given) yield snapshot;
  }
}
