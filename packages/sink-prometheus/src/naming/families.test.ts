import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { type ExampleSeries, exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { Families } from "./families.ts";

function snapshotOf(series: ExampleSeries): MetricSnapshot {
  const [snapshot] = exampleSnapshots({ series: [series] });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

const newFamilies = (classicBuckets?: readonly number[]) =>
  new Families({ namespace: "", classicBuckets });

test("metrics whose names become equal share a family", () => {
  const families = newFamilies();
  const { family } = families.assign(snapshotOf({ name: "a.b" }));
  expect(families.assign(snapshotOf({ name: "a_b" })).family).toBe(family);
  expect(families.assign(snapshotOf({ name: "a.b" })).family).toBe(family);
});

/** A metric, a later one, and the name that both want. */
test.each([
  [{ name: "a.b" }, { name: "a_b", unit: "ms", kind: "gauge" }, "a_b_milliseconds", undefined],
  [{ name: "a", kind: "gauge" }, { name: "a.", kind: "gauge", unit: "{x}" }, "a", "a"],
  [{ name: "x", kind: "distribution" }, { name: "x.count", kind: "gauge" }, "x_count", "x_count"],
  [{ name: "x.sum", kind: "gauge" }, { name: "x", kind: "distribution" }, "x_sum", "x_sum"],
  [{ name: "x.bucket", kind: "gauge" }, { name: "x", kind: "distribution" }, "", "x_bucket"],
  [{ name: "x" }, { name: "x_total", kind: "gauge" }, "x_total", "x_total"],
  [{ name: "x", kind: "gauge" }, { name: "x.total" }, "", "x"],
  [{ name: "x" }, { name: "x.created", kind: "gauge" }, "", "x_created"],
] as const)("after %j, %j has the name %j or clashes", (first, second, _, clash) => {
  const families = newFamilies();
  families.assign(snapshotOf(first));
  const { refusal } = families.assign(snapshotOf(second));
  if (clash === undefined) expect(refusal).toBeUndefined();
  else {
    expect(refusal).toContain(`"${first.name}"`);
    expect(refusal).toContain(`"${second.name}"`);
    expect(refusal).toContain(`the name ${clash},`);
  }
});

test("a gauge with another combination is refused", () => {
  const families = newFamilies();
  families.assign({ ...snapshotOf({ name: "load.1", kind: "gauge" }), combine: "mean" });
  const { refusal } = families.assign(snapshotOf({ name: "load_1", kind: "gauge" }));
  expect(refusal).toContain("combined by mean");
});

test("a family that was released leaves its names to others", () => {
  const families = newFamilies();
  const { family } = families.assign(snapshotOf({ name: "x", kind: "distribution" }));
  if (family !== undefined) families.release(family);
  expect(families.assign(snapshotOf({ name: "x.count", kind: "gauge" })).family).toBeDefined();
});

test("bounds are the metric's thresholds, or else the option's, or else the unit's", () => {
  const plain = snapshotOf({ name: "a", kind: "distribution", unit: "ms" });
  const bounds = [100, 300];
  const own: MetricSnapshot = { ...plain, thresholds: { bounds, counts: [0, 0, plain.count] } };
  expect(newFamilies([1]).assign(own).family?.bounds).toEqual(bounds);
  expect(newFamilies([1]).assign(plain).family?.bounds).toEqual([1]);
  const ladder = newFamilies().assign(plain).family?.bounds ?? [];
  expect(ladder.length).toBeGreaterThan(15);
  expect(ladder.every((bound) => Number.isInteger(Math.log2(bound)))).toBe(true);
});

test("help is the description, or else the metric's own name", () => {
  expect(
    newFamilies().assign(snapshotOf({ name: "a.b", unit: "ms", kind: "gauge" })).family?.help,
  ).toBe("a.b, in ms");
  expect(newFamilies().assign(snapshotOf({ name: "a", description: "Orders." })).family?.help).toBe(
    "Orders.",
  );
});
