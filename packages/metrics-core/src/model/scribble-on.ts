import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Tries to change whatever can be reached. */
export function scribbleOn(snapshots: readonly MetricSnapshot[]): void {
  for (const snapshot of snapshots) {
    Reflect.set(snapshot, "count", 1_000_000);
    Reflect.set(snapshot, "sum", -1);
    Reflect.set(snapshot.dimensions, "length", 0);
    if (snapshot.histogram === undefined) continue;
    Reflect.set(snapshot.histogram, "zeroCount", 1_000_000);
    Reflect.set(snapshot.histogram.positive.bucketCounts, "0", 1_000_000);
  }
}
