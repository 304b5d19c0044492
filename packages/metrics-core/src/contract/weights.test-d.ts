import type { BoundMetric } from "./bound-metric.ts";
import type { Metrics } from "./metrics.ts";

declare const metrics: Metrics<{
  readonly Size: { readonly kind: "distribution"; readonly unit: "By" };
  readonly Time: {
    readonly kind: "distribution";
    readonly unit: "ms";
    readonly dimensions: readonly ["route"];
  };
  readonly Depth: { readonly kind: "gauge" };
  readonly Orders: { readonly kind: "counter" };
}>;
declare const open: Metrics;
declare const handle: BoundMetric;

metrics.distribution("Size", 10, {}, 3);
metrics.distribution("Size", 10, undefined, 3);
metrics.distribution("Time", 10, { route: "/" }, 3);
metrics.with({ route: "/" }).distribution("Time", 10, {}, 3);
metrics.distribution("Time", 10, { route: "/" }, undefined);
metrics.bind("Size").putMany(10, 3);
open.distribution("any", 10, { any: 1 }, 3);
open.bind("any").putMany(10, 3);
handle.putMany(10, 3);

// @ts-expect-error -- the dimension is required
metrics.distribution("Time", 10, {}, 3);
// @ts-expect-error -- the count comes after the dimensions
metrics.distribution("Size", 10, 3);
// @ts-expect-error -- a count is a number
metrics.distribution("Size", 10, {}, "3");
// @ts-expect-error -- a gauge has one level
metrics.gauge("Depth", 10, {}, 3);
// @ts-expect-error -- a counter counts its value
metrics.count("Orders", 10, {}, 3);
// @ts-expect-error -- only a distribution has weights
metrics.bind("Orders").putMany(10, 3);
// @ts-expect-error -- a count is required
metrics.bind("Size").putMany(10);
// @ts-expect-error -- it is no second argument of put, to which forEach would pass an index
metrics.bind("Size").put(10, 3);
