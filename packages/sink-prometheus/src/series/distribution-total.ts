import type { ExponentialHistogram, MetricSnapshot } from "@aiokpl/metrics-core";
import { KeptHistogram, mergeSnapshots } from "@aiokpl/metrics-core/sink";
import type { ShownDistribution } from "../exposition/family-page.ts";
import { addBoundCounts } from "./bound-counts.ts";

/** All observations of a distribution's series since it began. */
export class DistributionTotal {
  readonly #bounds: readonly number[];
  #count = 0;
  #sum = 0;
  #min = Infinity;
  readonly #counts: number[];
  #histogram: KeptHistogram | undefined;
  /** How many observations the histogram has; fewer than there are if one of the windows had none. */
  #inHistogram = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  /** The smallest value. Only if it is not negative, the sum never falls. */
  get min(): number {
    return this.#min;
  }

  /** Adds a window. It makes no lasting objects as long as the buckets have room for what is new. */
  add(window: MetricSnapshot): void {
    addBoundCounts(this.#counts, window, this.#bounds);
    this.#count += window.count;
    this.#sum = finite(this.#sum + window.sum);
    this.#min = Math.min(this.#min, window.min);
    const { histogram } = window;
    if (histogram === undefined) return;
    this.#inHistogram += window.count;
    const own = this.#histogram;
    if (own === undefined) this.#histogram = new KeptHistogram(histogram);
    else if (!own.add(histogram)) this.#histogram = new KeptHistogram(merged(own, window));
  }

  /** Everything, as it is now. */
  shown(detail: "classic" | "native"): ShownDistribution {
    return {
      count: this.#count,
      sum: this.#sum,
      counts: this.#counts,
      histogram:
        detail === "native" && this.#inHistogram === this.#count ? this.#histogram : undefined,
    };
  }

  /** Everything, and what is in one more window. Nothing changes. */
  plus(window: MetricSnapshot, detail: "classic" | "native"): ShownDistribution {
    const { count, sum, counts, histogram: own } = this.shown(detail);
    const more = [...counts];
    addBoundCounts(more, window, this.#bounds);
    const { histogram } = window;
    const isComplete = histogram !== undefined && this.#inHistogram === this.#count;
    return {
      count: count + window.count,
      sum: finite(sum + window.sum),
      counts: more,
      histogram:
        detail === "classic" || !isComplete
          ? undefined
          : own === undefined
            ? histogram
            : merged(own, window),
    };
  }
}

/** Adds up several series that have become one. */
export function addedUp(all: readonly ShownDistribution[]): ShownDistribution | undefined {
  return all.reduce<ShownDistribution | undefined>(
    (sum, each) =>
      sum === undefined
        ? each
        : {
            count: sum.count + each.count,
            sum: finite(sum.sum + each.sum),
            counts: sum.counts.map((count, i) => count + (each.counts[i] ?? 0)),
            histogram:
              sum.histogram && each.histogram && mergedHistograms(sum.histogram, each.histogram),
          },
    undefined,
  );
}

/** A sum never becomes infinite, or it could not be added to. */
export function finite(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}

function merged(own: ExponentialHistogram, window: MetricSnapshot): ExponentialHistogram {
  return mergeSnapshots({ ...window, histogram: own }, window).histogram ?? own;
}

const ONE_VALUE: MetricSnapshot = {
  name: "",
  kind: "distribution",
  unit: "1",
  count: 1,
  sum: 0,
  min: 0,
  max: 0,
  last: 0,
  dimensions: [],
  windowStart: 0,
  windowEnd: 0,
};

function mergedHistograms(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  return merged(a, { ...ONE_VALUE, histogram: b });
}
