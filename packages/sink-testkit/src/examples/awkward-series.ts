import type { ExampleSeries } from "./example-snapshots.ts";

/** Names that some vendor refuses, changes or misunderstands. */
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

/** Dimensions that some vendor refuses, changes or misunderstands. */
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

/** A counter for each awkward name, each followed by a healthy counter. */
export const seriesWithAwkwardNames: readonly ExampleSeries[] = AWKWARD_NAMES.flatMap(
  (name, index) => [{ name, values: [index + 2] }, healthy(index)],
);

/** A counter for each set of awkward dimensions, each followed by a healthy counter. */
export const seriesWithAwkwardDimensions: readonly ExampleSeries[] = AWKWARD_DIMENSIONS.flatMap(
  (dimensions, index) => [{ name: "awkward", dimensions, values: [index + 2] }, healthy(index)],
);

/** Different series whose names or dimensions become equal when a vendor normalises them. */
export const collidingSeries: readonly ExampleSeries[] = [
  ...["one.name", "one_name", "one name", "One.Name", " one.name", "one.name.", "one..name"].map(
    (name, index): ExampleSeries => ({ name, values: [index + 1] }),
  ),
  ...["a b", "a_b", "A B", "a\tb", " a b", "a  b"].flatMap((stream, index): ExampleSeries[] => [
    { name: "one_metric", dimensions: { stream }, values: [index + 1] },
    {
      name: "one_time",
      kind: "distribution",
      unit: "ms",
      dimensions: { stream },
      values: [index, 7],
    },
    { name: "one_level", kind: "gauge", dimensions: { stream }, values: [index, 3] },
  ]),
  ...["a b", "a_b", "A B"].map((key, index): ExampleSeries => ({
    name: "one_metric",
    dimensions: { [key]: "x" },
    values: [index + 1],
  })),
];

/** A counter that every vendor takes. */
export function healthy(index: number): ExampleSeries {
  return { name: `healthy_${index}`, dimensions: { stream: "orders" }, values: [1, index] };
}
