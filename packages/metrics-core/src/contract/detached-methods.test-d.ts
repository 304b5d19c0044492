// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
// oxlint-disable typescript/unbound-method -- that these need no `this` is what is tested
import type { MetricsManager } from "../metrics-manager.ts";
import type { Metrics } from "./metrics.ts";

declare const metrics: Metrics<{ Ticks: { kind: "counter" }; Size: { kind: "distribution" } }>;
declare const manager: MetricsManager;
declare function every(run: () => void): void;

// What may be handed on.

every(metrics.bind("Ticks").put);
[1, 2, 3].forEach(metrics.bind("Size").put);
const { put } = metrics.bind("Size");
put(1);
// @ts-expect-error a distribution needs a value
every(metrics.bind("Size").put);
const { flush, close } = manager;
every(manager.close);
void flush({ timeoutMs: 1 }).then(() => close());

// What may not.

const { count, time } = metrics;
// @ts-expect-error it must be called on its object
count("Ticks");
// @ts-expect-error it must be called on its object
time("Size", () => {});
const { gauge } = manager;
// @ts-expect-error it must be called on its object
gauge("Depth", 1);
