import type { ExponentialHistogram } from "../contract/exponential-histogram.ts";
import type { ThresholdCounts } from "../contract/metric-snapshot.ts";
import { indexAtMaxScale } from "./bucket-index.ts";
import { Histogram } from "./histogram.ts";
import type { ThresholdBounds } from "./threshold-bounds.ts";

/** A histogram that also counts its values at thresholds. Its methods are those of {@link Histogram}. */
export class ThresholdHistogram {
  readonly #histogram: Histogram;
  readonly #bounds: ThresholdBounds;
  /** One more than there are bounds. Small integers in a plain array take less memory than a typed array of their own. */
  readonly #counts: number[];

  constructor(maxBuckets: number, bounds: ThresholdBounds) {
    this.#histogram = new Histogram(maxBuckets);
    this.#bounds = bounds;
    this.#counts = [...bounds.bounds, 0].map(() => 0);
  }

  record(value: number): void {
    let place: number;
    if (value > 0) {
      const index = indexAtMaxScale(value);
      this.#histogram.count(true, index);
      place = this.#bounds.placeOfPositive(value, index);
    } else {
      this.#histogram.record(value);
      place = this.#bounds.placeOf(value);
    }
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  repeat(value: number, times: number): void {
    this.#histogram.repeat(value, times);
    const place = this.#bounds.placeOf(value);
    this.#counts[place] = (this.#counts[place] ?? 0) + times;
  }

  toData(): ExponentialHistogram {
    return this.#histogram.toData();
  }

  /** The counts of the window so far. */
  thresholds(): ThresholdCounts {
    return { bounds: this.#bounds.bounds, counts: [...this.#counts] };
  }

  reset(): void {
    this.#histogram.reset();
    this.#counts.fill(0);
  }

  release(): void {
    this.#histogram.release();
    this.#counts.fill(0);
  }
}
