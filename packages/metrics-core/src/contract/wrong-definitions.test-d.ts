// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { defineMetrics } from "../catalogues/define-metrics.ts";
import { MetricsManager } from "../metrics-manager.ts";
import type { Metrics } from "./metrics.ts";

// What would throw when the program starts does not compile, where that can be seen.

declare const open: Metrics;
declare const atRunTime: { readonly count: number; readonly bounds: readonly number[] };

// Names.

defineMetrics({ Hits: { kind: "counter", dimensions: ["a", "b?"] }, " ": { kind: "gauge" } });
defineMetrics({ Hits: { kind: "counter", dimensions: [] } });
// @ts-expect-error an empty name
defineMetrics({ "": { kind: "counter" } });
// @ts-expect-error an empty name
defineMetrics({ Hits: { kind: "counter", dimensions: [""] } });
// @ts-expect-error an empty name
defineMetrics({ Hits: { kind: "counter", dimensions: ["a", "?"] } });
// @ts-expect-error twice the same name
defineMetrics({ Hits: { kind: "counter", dimensions: ["a", "a"] } });
// @ts-expect-error twice the same name
defineMetrics({ Hits: { kind: "counter", dimensions: ["a", "b", "a?"] } });
// @ts-expect-error twice the same name
open.declare({ Hits: { kind: "counter", dimensions: ["a?", "a"] } });
// @ts-expect-error twice the same name
new MetricsManager({ metrics: { Hits: { kind: "counter", dimensions: ["a", "a"] } } });

const ofRunTime = [`tag_${atRunTime.count}`, `tag_${atRunTime.bounds.length}`] as const;
defineMetrics({ Hits: { kind: "counter", dimensions: ofRunTime } });
defineMetrics({ Hits: { kind: "counter", dimensions: ["tag_1", ...ofRunTime] } });

// Numbers.

defineMetrics({
  Hits: { kind: "counter", maxSeries: 1 },
  Some: { kind: "counter", maxSeries: atRunTime.count },
  Depth: { kind: "gauge", holdMs: 0 },
  Level: { kind: "gauge", holdMs: Infinity },
  Share: { kind: "gauge", holdMs: 0.5 },
  Time: { kind: "distribution", maxBuckets: 320, thresholds: [-1.5] },
  Size: { kind: "distribution", maxBuckets: undefined, thresholds: atRunTime.bounds },
});
// @ts-expect-error at least one series
defineMetrics({ Hits: { kind: "counter", maxSeries: 0 } });
// @ts-expect-error at least one series
defineMetrics({ Hits: { kind: "counter", maxSeries: -1 } });
// @ts-expect-error not a whole number
defineMetrics({ Hits: { kind: "counter", maxSeries: 1.5 } });
// @ts-expect-error not a whole number
defineMetrics({ Time: { kind: "distribution", maxBuckets: 160.5 } });
// @ts-expect-error negative
defineMetrics({ Time: { kind: "distribution", maxBuckets: -160 } });
// @ts-expect-error negative
defineMetrics({ Depth: { kind: "gauge", holdMs: -1 } });
// @ts-expect-error no bounds
defineMetrics({ Time: { kind: "distribution", thresholds: [] } });
