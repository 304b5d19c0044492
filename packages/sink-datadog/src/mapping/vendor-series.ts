import type { MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { DimensionsCache, type Remembered } from "../naming/dimensions-cache.ts";
import { type CommonTags, tagsOf } from "../naming/tags.ts";

/** A series as Datadog identifies it. */
export interface VendorSeries {
  readonly tags: readonly string[];
  readonly host: string | undefined;
  /** Equal for one series at Datadog in all sinks of a process, and for no other. The account is a part of it. */
  readonly key: string;
}

interface KnownSeries extends VendorSeries, Remembered {
  readonly kind: MetricKind;
  readonly name: string;
}

/** Finds the series of snapshots, with the same object for one series for as long as it is in use. */
export class VendorSeriesCache {
  readonly #account: string;
  readonly #common: CommonTags;
  readonly #cache = new DimensionsCache<KnownSeries>();

  constructor(account: string, common: CommonTags) {
    this.#account = account;
    this.#common = common;
  }

  /** Returns the series of a snapshot. */
  of({ kind, name, dimensions }: MetricSnapshot): VendorSeries {
    const known = this.#cache.get(dimensions);
    if (known?.name === name && known.kind === kind) return known;
    const { tags, host, id } = tagsOf(dimensions, this.#common);
    // Joined, since a text that is put together otherwise takes five times the memory.
    const key = [this.#account, kind, name, id].join("\n");
    const series = { kind, name, tags, host, key, usedAt: 0 };
    this.#cache.set(dimensions, series);
    return series;
  }

  /** Forgets some of the series that are no longer in use. */
  forgetUnused(): void {
    this.#cache.forgetUnused();
  }
}
