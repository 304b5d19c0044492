import { describe, expect, test } from "vitest";
import type { MetricCatalogue } from "../contract/catalogue.ts";
import { checkCatalogue } from "./check-catalogue.ts";
import { kplMetrics } from "./kpl-metrics.ts";

/** A catalogue as a program without types could give it. */
function untyped(catalogue: unknown): MetricCatalogue {
  return catalogue as MetricCatalogue;
}

describe("checkCatalogue", () => {
  test.each<[string, MetricCatalogue]>([
    ["nothing", {}],
    ["a definition with its kind alone", { A: { kind: "counter" } }],
    [
      "every option",
      {
        A: {
          kind: "distribution",
          unit: "ms",
          level: "detailed",
          description: "…",
          dimensions: ["stream", "shard?"],
          maxSeries: 1,
        },
      },
    ],
    [
      "undefined for every option that may be left out",
      {
        A: {
          kind: "gauge",
          unit: undefined,
          level: undefined,
          description: undefined,
          dimensions: undefined,
          maxSeries: undefined,
        },
      },
    ],
    [
      "what metrics of each kind may have",
      {
        A: { kind: "gauge", holdMs: 0, combine: "max" },
        B: { kind: "gauge", holdMs: Infinity, combine: "mean" },
        C: { kind: "counter", quiet: "zero" },
        D: { kind: "distribution", thresholds: [-1, 0, 0.5], maxBuckets: 132 },
        E: { kind: "distribution", thresholds: Array.from({ length: 64 }, (_, i) => i) },
        F: { kind: "distribution", maxBuckets: 2_048 },
      },
    ],
    ["a metric that takes no dimensions", { A: { kind: "gauge", dimensions: [] } }],
    [
      "names that objects have anyway",
      { ["__proto__"]: { kind: "gauge" as const }, constructor: { kind: "gauge" as const } },
    ],
    ["the metrics of the Kinesis Producer Library", kplMetrics],
  ])("takes %s", (_, catalogue) => {
    expect(() => checkCatalogue(catalogue)).not.toThrow();
  });

  const KINDS = '"counter", "gauge", "distribution"';
  const DIMENSIONS = "must be an array of different, non-empty names";
  test.each<[string, unknown, new (message: string) => Error, string]>([
    [
      "a catalogue that is no object",
      null,
      TypeError,
      "metrics is null, must be an object of definitions by name",
    ],
    [
      "a definition that is no object",
      { A: 1 },
      TypeError,
      'metrics["A"] is 1, must be an object with a kind',
    ],
    [
      "a definition that is null",
      { A: null },
      TypeError,
      'metrics["A"] is null, must be an object with a kind',
    ],
    [
      "an empty name",
      { "": { kind: "gauge" } },
      RangeError,
      'metrics[""]: a metric\'s name must not be empty',
    ],
    ["no kind", { A: {} }, RangeError, `metrics["A"].kind is undefined, must be one of ${KINDS}`],
    [
      "an unknown kind",
      { A: { kind: "x" } },
      RangeError,
      `metrics["A"].kind is "x", must be one of ${KINDS}`,
    ],
    [
      "a kind that is no string",
      { A: { kind: 1 } },
      RangeError,
      `metrics["A"].kind is 1, must be one of ${KINDS}`,
    ],
    [
      "a null unit",
      { A: { kind: "gauge", unit: null } },
      TypeError,
      'metrics["A"].unit is null, must be a string',
    ],
    [
      "a unit that is no string",
      { A: { kind: "gauge", unit: 1 } },
      TypeError,
      'metrics["A"].unit is 1, must be a string',
    ],
    [
      "a description that is no string",
      { A: { kind: "gauge", description: ["x"] } },
      TypeError,
      'metrics["A"].description is ["x"], must be a string',
    ],
    [
      "an unknown level",
      { A: { kind: "gauge", level: "none" } },
      RangeError,
      'metrics["A"].level is "none", must be one of "summary", "detailed"',
    ],
    [
      "dimensions that are no array",
      { A: { kind: "gauge", dimensions: "stream" } },
      TypeError,
      `metrics["A"].dimensions is "stream", ${DIMENSIONS}`,
    ],
    [
      "a dimension that is no string",
      { A: { kind: "gauge", dimensions: [1] } },
      RangeError,
      `metrics["A"].dimensions is [1], ${DIMENSIONS}`,
    ],
    [
      "an empty dimension",
      { A: { kind: "gauge", dimensions: [""] } },
      RangeError,
      `is [""], ${DIMENSIONS}`,
    ],
    [
      "an empty optional dimension",
      { A: { kind: "gauge", dimensions: ["?"] } },
      RangeError,
      `is ["?"], ${DIMENSIONS}`,
    ],
    [
      "a dimension named twice",
      { A: { kind: "gauge", dimensions: ["a", "a"] } },
      RangeError,
      `["a","a"], ${DIMENSIONS}`,
    ],
    [
      "one both required and optional",
      { A: { kind: "gauge", dimensions: ["a", "a?"] } },
      RangeError,
      DIMENSIONS,
    ],
    ...[0, -1, 1.5, NaN, Infinity].map((maxSeries): [string, unknown, new () => Error, string] => [
      `maxSeries ${maxSeries}`,
      { A: { kind: "gauge", maxSeries } },
      RangeError,
      `metrics["A"].maxSeries is ${maxSeries}, must be a whole number from 1 to 10000000`,
    ]),
    [
      "maxSeries as a string",
      { A: { kind: "gauge", maxSeries: "1" } },
      TypeError,
      'metrics["A"].maxSeries is "1", must be a number',
    ],
    [
      "an option that does not exist",
      { A: { kind: "gauge", units: "ms" } },
      TypeError,
      'metrics["A"].units does not exist, must be one of kind, unit, level, description, dimensions, maxSeries, holdMs, combine, quiet, thresholds, maxBuckets',
    ],
    [
      "an option that objects have anyway",
      { A: { kind: "gauge", toString: 1 } },
      TypeError,
      "toString does not exist",
    ],
    ...(
      [
        [{ kind: "counter", holdMs: 1 }, TypeError, "only a gauge has it"],
        [{ kind: "distribution", combine: "sum" }, TypeError, "only a gauge has it"],
        [{ kind: "gauge", quiet: "zero" }, TypeError, "only a counter has it"],
        [{ kind: "gauge", thresholds: [1] }, TypeError, "only a distribution has it"],
        [{ kind: "counter", maxBuckets: 160 }, TypeError, "only a distribution has it"],
        [{ kind: "gauge", holdMs: -1 }, RangeError, "holdMs is -1, must be at least 0"],
        [{ kind: "gauge", holdMs: NaN }, RangeError, "holdMs is NaN"],
        [{ kind: "gauge", holdMs: "1" }, TypeError, 'holdMs is "1", must be a number'],
        [{ kind: "gauge", combine: "last" }, RangeError, 'combine is "last"'],
        [{ kind: "counter", quiet: 0 }, RangeError, "quiet is 0"],
        [{ kind: "distribution", thresholds: 1 }, TypeError, "thresholds is 1"],
        [{ kind: "distribution", thresholds: [] }, RangeError, "thresholds is []"],
        [{ kind: "distribution", thresholds: [1, 1] }, RangeError, "thresholds is [1,1]"],
        [{ kind: "distribution", thresholds: [2, 1] }, RangeError, "thresholds is [2,1]"],
        [{ kind: "distribution", thresholds: [1, Infinity] }, RangeError, "thresholds is"],
        [{ kind: "distribution", thresholds: ["1"] }, RangeError, 'thresholds is ["1"]'],
        [
          { kind: "distribution", thresholds: Array.from({ length: 65 }, (_, i) => i) },
          RangeError,
          "must be an array of 1 to 64",
        ],
        [{ kind: "distribution", maxBuckets: 131 }, RangeError, "from 132 to 2048"],
        [{ kind: "distribution", maxBuckets: 2_049 }, RangeError, "from 132 to 2048"],
      ] as const
    ).map(([A, error, message]): [string, unknown, new (message: string) => Error, string] => [
      JSON.stringify(A),
      { A },
      error,
      message,
    ]),
    [
      "the one wrong metric among right ones",
      { A: { kind: "gauge" }, B: { kind: 1 } },
      RangeError,
      'metrics["B"].kind',
    ],
  ])("refuses %s", (_, catalogue, error, message) => {
    const check = () => checkCatalogue(untyped(catalogue));
    expect(check).toThrow(error);
    expect(check).toThrow(message);
  });
});
