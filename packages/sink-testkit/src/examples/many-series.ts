import type { ExampleSeries } from "./example-snapshots.ts";

/** Builds this many series, of four metrics, with every kind among them. */
export function manySeries(many = 12_000): readonly ExampleSeries[] {
  return Array.from({ length: many }, (_, index): ExampleSeries => {
    const dimensions = { shard: String(Math.floor(index / 4)), stream: "orders" };
    switch (index % 4) {
      case 0:
        return { name: "many_requests", unit: "{request}", dimensions, values: [1, index] };
      case 1:
        return { name: "many_bytes", unit: "By", dimensions, values: [index * 1_024] };
      case 2:
        return { name: "many_pending", kind: "gauge", dimensions, values: [index, 1, 2] };
      default:
        return {
          name: "many_times",
          kind: "distribution",
          unit: "ms",
          dimensions,
          values: [index, 0.5, 40, 41],
        };
    }
  });
}
