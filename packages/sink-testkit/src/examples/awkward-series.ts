import type { ExampleSeries } from "./example-snapshots.ts";

/** Names that some vendor can't take, or takes for something else. */
const AWKWARD_NAMES: readonly string[] = [
  " ",
  " padded ",
  "1st_digit",
  "_leading",
  ":leading.colon",
  "trailing:",
  "with space",
  "UPPER.and.lower",
  "upper.AND.lower",
  "a,b|c#d:e@f",
  "back\\slash\"quote'",
  "<tag>&amp;",
  "%00%zz",
  "../../etc",
  "control\u0000\u0007character",
  "line\r\nbreak",
  "größe",
  "メトリクス",
  "📈",
  "lone\ud800surrogate",
  "__proto__",
  "constructor",
  "aws.reserved/AWS/EC2",
  "n".repeat(201),
  "n".repeat(256),
  "n".repeat(5_000),
];

/** Dimensions that some vendor can't take, or takes for something else. */
const AWKWARD_DIMENSIONS: readonly Readonly<Record<string, string>>[] = [
  { stream: " " },
  { stream: "\t" },
  { stream: " padded " },
  { stream: "control\u0000\u001fcharacter" },
  { stream: "line\r\nbreak" },
  { stream: "größe" },
  { stream: "シャード" },
  { stream: "📈" },
  { stream: "lone\udc00surrogate" },
  { stream: "a,b|c#d:e@f=g" },
  { stream: "v".repeat(201) },
  { stream: "v".repeat(1_025) },
  { stream: "v".repeat(20_000) },
  { Stream: "case", stream: "case" },
  { stream: "Case" },
  { " ": "blank name" },
  { ":leading": "colon" },
  { "key:with:colons": "x" },
  { "line\nbreak": "x" },
  { ключ: "x" },
  { __proto__x: "x", constructor: "y" },
  { host: "elsewhere", device: "sda", service: "other", env: "other", version: "0" },
  { "service.name": "other", "otel.metric.overflow": "true" },
  { ["k".repeat(256)]: "x" },
  { ["k".repeat(5_000)]: "x" },
  Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`dimension_${index}`, "x"])),
  Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`dimension_${index}`, "x"])),
];

/** A counter for each awkward name, with a healthy one after each. */
export const seriesWithAwkwardNames: readonly ExampleSeries[] = AWKWARD_NAMES.flatMap(
  (name, index) => [{ name, values: [index + 2] }, healthy(index)],
);

/** A counter for each set of awkward dimensions, with a healthy one after each. */
export const seriesWithAwkwardDimensions: readonly ExampleSeries[] = AWKWARD_DIMENSIONS.flatMap(
  (dimensions, index) => [{ name: "awkward", dimensions, values: [index + 2] }, healthy(index)],
);

/** A counter that every vendor takes. */
export function healthy(index: number): ExampleSeries {
  return { name: `healthy_${index}`, dimensions: { stream: "orders" }, values: [1, index] };
}
