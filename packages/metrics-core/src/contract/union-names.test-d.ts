// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import { defineMetrics } from "../catalogues/define-metrics.ts";
import type { Metrics } from "./metrics.ts";
import type { ArgsFor, ArgsOf, NameFor, NamesOf } from "./metric-args.ts";

const definitions = defineMetrics({
  Started: { kind: "counter" },
  Stopped: { kind: "counter", dimensions: [] },
  Hits: { kind: "counter", dimensions: ["country"] },
  Sales: { kind: "counter", dimensions: ["country", "city?"] },
  Visits: { kind: "counter", dimensions: ["city"] },
  Depth: { kind: "gauge", dimensions: ["queue?"] },
  Size: { kind: "distribution", unit: "By", dimensions: ["country"] },
});
type Definitions = typeof definitions;
declare const metrics: Metrics<Definitions>;

// What a name that may be one of several takes is what all of them take.

declare const any: keyof Definitions;
// @ts-expect-error some need a value, and dimensions
metrics.put(any);
// @ts-expect-error some need dimensions
metrics.put(any, 1);

declare const started: "Started" | "Stopped";
metrics.count(started);
metrics.count(started, 2);
metrics.count(started, 2, {});
// @ts-expect-error Stopped takes no dimensions
metrics.count(started, 2, { country: "PT" });

declare const sold: "Hits" | "Sales";
metrics.count(sold, 1, { country: "PT" });
metrics.put(sold, 1, { country: "PT" });
metrics.bind(sold, { country: "PT" }).put();
// @ts-expect-error both require country
metrics.count(sold);
// @ts-expect-error both require country
metrics.count(sold, 1, { city: "Porto" });
// @ts-expect-error both require country
metrics.bind(sold);

declare const seen: "Hits" | "Visits";
metrics.count(seen, 1, { country: "PT", city: "Porto" });
// @ts-expect-error one requires city
metrics.count(seen, 1, { country: "PT" });
// @ts-expect-error one requires country
metrics.count(seen, 1, { city: "Porto" });

declare const mixed: "Started" | "Size";
metrics.put(mixed, 1, { country: "PT" });
metrics.bind(mixed, { country: "PT" }).put(1);
// @ts-expect-error a distribution needs a value
metrics.bind(mixed, { country: "PT" }).put();
// @ts-expect-error Size is no counter
metrics.count(mixed, 1, { country: "PT" });

// Wrappers that are generic over the name.

class Prefixed {
  count<N extends NamesOf<Definitions>["counter"]>(
    name: N,
    ...args: ArgsFor<Definitions, N, "count">
  ): void {
    metrics.count(name, ...args);
  }

  gauge<N extends keyof Definitions>(
    name: NameFor<Definitions, "gauge", N>,
    ...args: ArgsFor<Definitions, N, "value">
  ): void {
    metrics.gauge(name, ...args);
  }

  add<N extends NamesOf<Definitions>["gauge"]>(
    name: N,
    ...args: ArgsFor<Definitions, N, "delta">
  ): void {
    metrics.add(name, ...args);
  }

  put<N extends keyof Definitions>(name: N, ...args: ArgsFor<Definitions, N, "put">): void {
    metrics.put(name, ...args);
  }

  bind<N extends keyof Definitions>(
    name: N,
    ...dimensions: ArgsFor<Definitions, N, "dimensions">
  ): ArgsOf<Definitions>[N]["bound"] {
    return metrics.bind(name, ...dimensions);
  }
}
declare const wrapper: Prefixed;
wrapper.count("Started");
wrapper.count("Hits", 1, { country: "PT" });
wrapper.count(sold, 1, { country: "PT" });
wrapper.gauge("Depth", 1);
wrapper.add("Depth", -1, { queue: "a" });
wrapper.put("Size", 1, { country: "PT" });
wrapper.bind("Depth").add(1);
// @ts-expect-error country is required
wrapper.count("Hits");
// @ts-expect-error Depth is a gauge
wrapper.count("Depth");
// @ts-expect-error Hits is a counter
wrapper.gauge("Hits", 1);
// @ts-expect-error no value
wrapper.put("Size");
