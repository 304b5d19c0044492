import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { SeriesLabels } from "./series-labels.ts";

function labelsOf(
  dimensions: Record<string, string>,
  common: readonly (readonly [string, string])[] = [],
) {
  const [snapshot] = exampleSnapshots({ series: [{ name: "a", dimensions }] });
  if (snapshot === undefined) throw new Error("no snapshot");
  return new SeriesLabels(common).of(snapshot);
}

test("dimensions that are labels already stay the same object", () => {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "a", dimensions: { route: "/", x_1: "ü" } }],
  });
  expect(snapshot && new SeriesLabels([]).of(snapshot).pairs).toBe(snapshot?.dimensions);
});

test.each([
  [{ "http.route": "/" }, [["http_route", "/"]]],
  [{ "1st": "a" }, [["key_1st", "a"]]],
  [{ _private: "a" }, [["key_private", "a"]]],
  [{ größe: "a" }, [["gr__e", "a"]]],
  [{ "a.b": "1", a_b: "2" }, [["a_b", "1;2"]]],
  [
    { job: "mine", instance: "i-1" },
    [
      ["exported_instance", "i-1"],
      ["exported_job", "mine"],
    ],
  ],
  [{ route: "half \ud800 of a pair" }, [["route", "half \ufffd of a pair"]]],
] as const)("%j becomes %j", (dimensions, pairs) => {
  expect(labelsOf(dimensions)).toMatchObject({ pairs });
});

test.each([
  [{ le: "5" }, "it makes the label le itself"],
  [{ quantile: "5" }, "it makes the label quantile itself"],
  [{ __name__: "other" }, "begin with __"],
  [{ "..x": "1" }, "begin with __"],
  [{ ключ: "x" }, "must have an ASCII letter or digit"],
])("%j is refused", (dimensions, reason) => {
  expect(labelsOf(dimensions).refusal).toContain(reason);
});

test("a series' own dimension wins over a common label", () => {
  const common = [
    ["env", "prod"],
    ["region", "eu"],
  ] as const;
  expect(labelsOf({ region: "us", zone: "a" }, common).pairs).toEqual([
    ["env", "prod"],
    ["region", "us"],
    ["zone", "a"],
  ]);
});

test("the overflow series has OpenTelemetry's label, beside the dimensions that it has", () => {
  const [snapshot] = exampleSnapshots({
    series: [{ name: "a", dimensions: { env: "prod" }, overflow: true }],
  });
  expect(snapshot && new SeriesLabels([]).of(snapshot)).toEqual({
    pairs: [
      ["env", "prod"],
      ["otel_metric_overflow", "true"],
    ],
    utf8Pairs: [
      ["env", "prod"],
      ["otel.metric.overflow", "true"],
    ],
  });
});
