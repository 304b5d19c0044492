import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { vendorSeries } from "./vendor-series.ts";

const common = { tags: new Map([["env", "prod"]]), host: "h" };
const [snapshot] = exampleSnapshots({ series: [{ name: "a", dimensions: { route: "x" } }] });
if (snapshot === undefined) throw new Error("no snapshot");

test("snapshots of one series have one key, in any sink of the account", () => {
  const seriesOf = vendorSeries("account", common);
  const later = { ...snapshot, windowStart: 0, sum: 9 };
  expect(seriesOf(later)).toBe(seriesOf(snapshot));
  expect(seriesOf(snapshot)).toMatchObject({ tags: ["env:prod", "route:x"], host: "h" });
  const equal = { ...snapshot, dimensions: [["route", "x"]] as const };
  expect(vendorSeries("account", common)(equal).key).toBe(seriesOf(snapshot).key);
});

test("other series have other keys, also where they share an array of dimensions", () => {
  const seriesOf = vendorSeries("account", common);
  const others = [
    snapshot,
    { ...snapshot, name: "b" },
    { ...snapshot, kind: "gauge" as const },
    { ...snapshot, dimensions: [["route", "y"]] as const },
    { ...snapshot, dimensions: [["host", "other"], ...snapshot.dimensions] as const },
  ];
  const keys = others.map((each) => seriesOf(each).key);
  keys.push(vendorSeries("another account", common)(snapshot).key);
  expect(new Set(keys).size).toBe(others.length + 1);
});
