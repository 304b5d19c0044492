import { describe, expect, test } from "vitest";
import type { MetricCatalogue } from "../contract/catalogue.ts";
import { defineMetrics } from "./define-metrics.ts";
import { kplMetrics } from "../catalogues/kpl-metrics.ts";

/** A catalogue as a program without types could give it. */
function untyped(catalogue: unknown): MetricCatalogue {
  return catalogue as MetricCatalogue;
}

describe("defineMetrics", () => {
  test("returns the object that it was given", () => {
    const catalogue = { Requests: { kind: "counter" } } as const;
    expect(defineMetrics(catalogue)).toBe(catalogue);
  });

  test("checks it", () => {
    expect(() => defineMetrics(untyped({ Requests: { kind: "meter" } }))).toThrow(RangeError);
  });

  test("merges two catalogues, and the second definition of a metric holds", () => {
    const merged = defineMetrics(
      { Hits: { kind: "counter", dimensions: ["route"] }, Depth: { kind: "gauge" } },
      { Hits: { kind: "counter", level: "detailed", dimensions: ["route", "host?"] } },
    );
    expect(merged).toEqual({
      Hits: { kind: "counter", level: "detailed", dimensions: ["route", "host?"] },
      Depth: { kind: "gauge" },
    });
    expect(() => defineMetrics({}, untyped({ Hits: { kind: "meter" } }))).toThrow(RangeError);
  });

  test("does not merge a metric of two kinds or units", () => {
    const hits = defineMetrics({ Hits: { kind: "counter", unit: "{request}" } });
    expect(() => defineMetrics(hits, untyped({ Hits: { kind: "gauge" } }))).toThrow(
      'metrics["Hits"] is a counter in {request} in the first catalogue and a gauge in 1 in the second, must be the same in both',
    );
    expect(() => defineMetrics(hits, untyped({ Hits: { kind: "counter" } }))).toThrow(TypeError);
    expect(() => defineMetrics({}, untyped({ toString: { kind: "gauge" } }))).not.toThrow();
  });
});

describe("kplMetrics", () => {
  test("are the fifteen of the Kinesis Producer Library, with its levels and granularities", () => {
    const rows = Object.entries(kplMetrics).map(([name, { kind, unit, level, dimensions }]) =>
      [name, level, kind, unit, ...dimensions].join(" "),
    );
    expect(rows).toEqual([
      "UserRecordsReceived detailed counter {record} stream",
      "UserRecordsPending detailed gauge {record} stream",
      "UserRecordsPut summary counter {record} stream shard?",
      "UserRecordsDataPut detailed counter By stream shard?",
      "KinesisRecordsPut summary counter {record} stream shard?",
      "KinesisRecordsDataPut detailed counter By stream shard?",
      "ErrorsByCode summary counter {error} code stream shard?",
      "AllErrors summary counter {error} stream shard?",
      "RetriesPerRecord detailed distribution {retry} stream shard?",
      "UserRecordExpired summary counter {record} stream shard?",
      "BufferingTime summary distribution ms stream shard?",
      "RequestTime detailed distribution ms stream",
      "UserRecordsPerKinesisRecord detailed distribution {record} stream shard?",
      "KinesisRecordsPerPutRecordsRequest detailed distribution {record} stream",
      "UserRecordsPerPutRecordsRequest detailed distribution {record} stream",
    ]);
  });

  test("say what they are in one sentence each", () => {
    for (const { description } of Object.values(kplMetrics))
      expect(description).toMatch(/^[A-Z][^.]*\.$/);
  });
});
