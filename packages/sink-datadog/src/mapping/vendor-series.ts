import type { MetricKind, MetricSnapshot } from "@aiokpl/metrics-core";
import { DimensionsCache } from "../naming/dimensions-cache.ts";
import { type CommonTags, tagsOf } from "../naming/tags.ts";

/** A series as Datadog identifies it. */
export interface VendorSeries {
  readonly tags: readonly string[];
  readonly host: string | undefined;
  /** Equal for one series at Datadog in all sinks of a process, and for no other. The account is a part of it. */
  readonly key: string;
}

/** Returns a function that gives snapshots of one series the same object for as long as their dimensions live. */
export function vendorSeries(
  account: string,
  common: CommonTags,
): (snapshot: MetricSnapshot) => VendorSeries {
  const cache = new DimensionsCache<VendorSeries & { kind: MetricKind; name: string }>();
  return ({ kind, name, dimensions }) => {
    const known = cache.get(dimensions);
    if (known?.name === name && known.kind === kind) return known;
    const { tags, host, id } = tagsOf(dimensions, common);
    const series = { kind, name, tags, host, key: `${account}\n${kind}\n${name}\n${id}` };
    cache.set(dimensions, series);
    return series;
  };
}
