import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import type { Tags } from "../naming/tags.ts";

/**
 * Returns a function that gives snapshots of one series at Datadog the same key, and different keys
 * to others, in all sinks of a process. The account is part of the key.
 */
export function seriesKeys(
  account: string,
  tagsOf: (dimensions: Dimensions) => Tags,
): (snapshot: MetricSnapshot) => string {
  // Remembers one key for each series, so that what keeps many keys keeps the same string.
  const known = new WeakMap<Tags, { readonly metric: string; readonly key: string }>();
  return ({ kind, name, dimensions }) => {
    const tags = tagsOf(dimensions);
    const metric = `${kind}\n${name}`;
    const last = known.get(tags);
    if (last?.metric === metric) return last.key;
    const key = `${account}\n${metric}\n${tags.id}`;
    known.set(tags, { metric, key });
    return key;
  };
}
