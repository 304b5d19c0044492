import type { Dimensions, MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { DimensionsCache, hashText } from "./dimensions-cache.ts";
import { metricName } from "./metric-name.ts";
import { type CommonTags, normalisedDimensions, withoutCommon } from "./tags.ts";

/** A series under the name and with the tags that it has at Datadog. */
export interface PreparedSeries {
  readonly kind: MetricKind;
  /** The name that the program uses. */
  readonly givenName: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  /** Equal for series that are one at Datadog, and only for these. */
  readonly key: string;
  /** A number from 0 to 2^32 - 1 that depends on the key. */
  readonly hash: number;
}

/** Applies Datadog's rules for names and tags to series, once for each for as long as it is in use. */
export class PreparedSeriesCache {
  readonly #namespace: string;
  readonly #common: CommonTags;
  readonly #warn: (message: string) => void;
  readonly #cache = new DimensionsCache<PreparedSeries>();

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
    const name = metricName(this.#namespace, givenName);
    // Neither names nor normalised dimensions have line breaks.
    const key = [kind, name, ...dimensions.map((pair) => pair.join(":"))].join("\n");
    const series = { kind, givenName, name, dimensions, key, hash: hashText(0, key) };
    this.#cache.set(given, series);
    return series;
  }

  /** Forgets some of the series that are no longer in use. */
  forgetUnused(): void {
    this.#cache.forgetUnused();
  }
}
