import type { Dimensions, MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { DimensionsCache, type Remembered } from "./dimensions-cache.ts";
import { metricName } from "./metric-name.ts";
import { type CommonTags, normalisedDimensions, withoutCommon } from "./tags.ts";

/** A series under the name and with the tags that it has at Datadog. */
export interface PreparedSeries extends Remembered {
  readonly kind: MetricKind;
  /** The name that the program uses. */
  readonly givenName: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  /** Its kind and name: with the same one and equal dimensions, two series are one at Datadog. */
  readonly metric: string;
  /** Where the window has it, if it is the first of the series that are one there. */
  position: number;
}

/** Applies Datadog's rules for names and tags to series, once for each for as long as it is in use. */
export class PreparedSeriesCache {
  readonly #namespace: string;
  readonly #common: CommonTags;
  readonly #warn: (message: string) => void;
  readonly #cache = new DimensionsCache<PreparedSeries>();
  /** The metric of the last series that was new, whose texts the next one may share. */
  #last: Pick<PreparedSeries, "kind" | "givenName" | "name" | "metric"> | undefined;

  constructor(namespace: string, common: CommonTags, warn: (message: string) => void) {
    this.#namespace = namespace;
    this.#common = common;
    this.#warn = warn;
  }

  /** Returns the series of a snapshot. */
  of({ kind, name: givenName, dimensions: given }: MetricSnapshot): PreparedSeries {
    const known = this.#cache.get(given);
    if (known?.givenName === givenName && known.kind === kind) return known;
    const dimensions =
      known?.dimensions ?? withoutCommon(normalisedDimensions(given, this.#warn), this.#common);
    const { name, metric } = this.#metricOf(kind, givenName);
    const series = { kind, givenName, name, dimensions, metric, position: 0, usedAt: 0 };
    this.#cache.set(given, series);
    return series;
  }

  #metricOf(kind: MetricKind, givenName: string): Pick<PreparedSeries, "name" | "metric"> {
    const last = this.#last;
    if (last?.givenName === givenName && last.kind === kind) return last;
    const name = metricName(this.#namespace, givenName);
    const metric = { kind, givenName, name, metric: `${kind} ${name}` };
    this.#last = metric;
    return metric;
  }

  /** Forgets some of the series that are no longer in use. */
  forgetUnused(): void {
    this.#cache.forgetUnused();
  }
}
