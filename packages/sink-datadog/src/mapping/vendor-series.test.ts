import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { VendorSeriesCache } from "./vendor-series.ts";

const common = { tags: new Map([["env", "prod"]]), host: "h" };
const [snapshot] = exampleSnapshots({ series: [{ name: "a", dimensions: { route: "x" } }] });
if (snapshot === undefined) throw new Error("no snapshot");

test("snapshots of one series have one key, in any sink of the account", () => {
  const cache = new VendorSeriesCache("account", common);
  const later = { ...snapshot, windowStart: 0, sum: 9 };
  expect(cache.of(later)).toBe(cache.of(snapshot));
  expect(cache.of(snapshot)).toMatchObject({ tags: ["env:prod", "route:x"], host: "h" });
  const equal = { ...snapshot, dimensions: [["route", "x"]] as const };
  expect(new VendorSeriesCache("account", common).of(equal).key).toBe(cache.of(snapshot).key);
});

test("other series have other keys, also where they share an array of dimensions", () => {
  const cache = new VendorSeriesCache("account", common);
  const others = [
    snapshot,
    { ...snapshot, name: "b" },
    { ...snapshot, kind: "gauge" as const },
    { ...snapshot, dimensions: [["route", "y"]] as const },
    { ...snapshot, dimensions: [["host", "other"], ...snapshot.dimensions] as const },
  ];
  const keys = others.map((each) => cache.of(each).key);
  keys.push(new VendorSeriesCache("another account", common).of(snapshot).key);
  expect(new Set(keys).size).toBe(others.length + 1);
});
