// Never run: `tsc --noEmit` compiles it, and fails where an expected error does not come.
import type { ArgsFor, NameFor } from "./metric-args.ts";
import type { Metrics } from "./metrics.ts";

type Definitions = {
  Lost: { kind: "counter"; dimensions: ["shard?"] };
  Pending: { kind: "gauge"; dimensions: ["stream"] };
  Heap: { kind: "gauge"; unit: "By"; dimensions: ["space?"] };
  Uptime: { kind: "gauge"; dimensions: [] };
  Size: { kind: "distribution" };
};
declare const metrics: Metrics<Definitions>;
declare const open: Metrics;
declare const streams: readonly { readonly name: string; readonly length: number }[];
declare const maybe: number | undefined;

// A number, with the dimensions beside it.

const end: () => void = metrics.observe("Heap", () => 1);
end();
metrics.observe("Heap", () => 1, { space: "new" });
metrics.observe("Heap", async () => 1);
metrics.observe("Uptime", () => 1);
metrics.observe("Pending", () => 1, { stream: "a" });
metrics.observe("Pending", async () => 1, { stream: "a" });
open.observe("anything", () => 1, { any: "thing" });
// @ts-expect-error dimensions forgotten
metrics.observe("Pending", () => 1);
// @ts-expect-error dimensions forgotten
metrics.observe("Pending", async () => 1);
// @ts-expect-error misspelt dimension
metrics.observe("Pending", () => 1, { strem: "a" });
// @ts-expect-error a distribution is not observed
metrics.observe("Size", () => 1);
// @ts-expect-error misspelt name
metrics.observe("Pendign", () => 1);

// Pairs, with their own dimensions.

metrics.observe("Heap", () => [[1], [2, { space: "new" }]]);
metrics.observe("Uptime", () => [[1]]);
metrics.observe("Pending", () => []);
metrics.observe("Pending", () => [[1, { stream: "a" }]]);
metrics.observe("Pending", async () => [[1, { stream: "a" }]]);
metrics.observe("Pending", async () => [[1, { stream: "a" }]] as const);
metrics.observe("Pending", () => new Map([[1, { stream: "a" }]]));
metrics.observe("Pending", () => streams.map(({ name, length }) => [length, { stream: name }]));
metrics.observe("Pending", async () => {
  await Promise.resolve();
  return streams.map(({ name, length }) => [length, { stream: name }]);
});
metrics.observe("Pending", function* () {
  for (const { name, length } of streams) yield [length, { stream: name }];
});
metrics.observe("Pending", () => {
  const pairs = [];
  for (const { name, length } of streams) pairs.push([length, { stream: name }]);
  return pairs;
});
open.observe("anything", () => [[1, { any: "thing" }], [2]]);
open.observe("anything", () => {
  const pairs = [];
  for (const { name, length } of streams) pairs.push([length, { queue: name }]);
  return pairs;
});
// @ts-expect-error dimensions forgotten
metrics.observe("Pending", () => [[1]]);
// @ts-expect-error dimensions forgotten in one pair
metrics.observe("Pending", () => [[1], [1, { stream: "a" }]]);
// @ts-expect-error misspelt dimension
metrics.observe("Pending", () => [[1, { strem: "a" }]]);
// @ts-expect-error misspelt dimension
metrics.observe("Pending", async () => [[1, { strem: "a" }]]);
// @ts-expect-error misspelt dimension
metrics.observe("Pending", () => streams.map(({ name, length }) => [length, { strem: name }]));
// @ts-expect-error one dimension too many
metrics.observe("Pending", () => [[1, { stream: "a", shard: "b" }]]);
// @ts-expect-error misspelt dimension
metrics.observe("Heap", () => [[1, { spaec: "new" }]]);
// @ts-expect-error takes no dimensions
metrics.observe("Uptime", () => [[1, { stream: "a" }]]);
// @ts-expect-error a required dimension is never absent
metrics.observe("Pending", () => [[1, { stream: undefined }]]);
// @ts-expect-error not a dimension's value
metrics.observe("Pending", () => [[1, { stream: new Date() }]]);
// @ts-expect-error not a dimension's value
open.observe("anything", () => [[1, { any: {} }]]);

// What else is returned is neither.

// @ts-expect-error the value comes first
metrics.observe("Pending", () => [[{ stream: "a" }, 1]]);
// @ts-expect-error not a number
metrics.observe("Heap", () => [["1", { space: "new" }]]);
// @ts-expect-error a pair is two
metrics.observe("Heap", () => [[1, { space: "new" }, 2]]);
// @ts-expect-error not a pair
metrics.observe("Heap", () => [1, 2]);
// @ts-expect-error not a number
metrics.observe("Heap", () => "1");
// @ts-expect-error not a number
metrics.observe("Heap", async () => "1");
// @ts-expect-error perhaps not a number
metrics.observe("Heap", () => maybe);
// @ts-expect-error nothing
metrics.observe("Heap", () => {});

// Options.

metrics.observe("Lost", () => 1, {}, { baseline: "first" });
open.observe("anything", () => 1, undefined, { baseline: "first" });
// @ts-expect-error only a counter has a baseline
metrics.observe("Heap", () => 1, {}, { baseline: "first" });
// @ts-expect-error no such baseline
metrics.observe("Lost", () => 1, {}, { baseline: "last" });

// What reads may have any type, and a wrapper may be generic.

// oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-argument -- a program without types has these
metrics.observe("Heap", (): any => 1);
metrics.observe("Heap", (() => 1) as any);
metrics.observe("Pending", (): any[] => []);
metrics.observe("Pending", (): [number, any][] => []);
// oxlint-enable
function watch<N extends keyof Definitions>(
  name: NameFor<Definitions, "gauge", N>,
  read: () => number,
  ...dimensions: ArgsFor<Definitions, N, "dimensions">
): () => void {
  return metrics.observe(name, read, ...dimensions);
}
watch("Pending", () => 1, { stream: "a" });
// @ts-expect-error dimensions forgotten
watch("Pending", () => 1);
export function watchHeap<R extends number>(read: () => R): () => void {
  return metrics.observe("Heap", read);
}
export function watchSpaces<V extends { space?: string }>(read: () => [number, V][]): () => void {
  return metrics.observe("Heap", read);
}
export function watchOf<V extends Record<string, string>>(dimensions: V): () => void {
  return open.observe("anything", () => [[1, dimensions]]);
}
export function watchAnything<R>(read: () => R): () => void {
  // @ts-expect-error it may return anything
  return metrics.observe("Heap", read);
}
