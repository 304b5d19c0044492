import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { TakenLate } from "./taken-late.ts";

const [a, b] = exampleSnapshots({
  series: [
    { name: "a", values: [1] },
    { name: "b", values: [2] },
  ],
});
if (a === undefined || b === undefined) throw new Error("no snapshots");

test("takes out each accepted delta once, even if it is a copy", () => {
  const late = new TakenLate();
  late.add([a, b]);
  expect(late.takeOut([{ ...a }, a, b])).toEqual([a]);
});

test("sends a delta that was merged meanwhile", () => {
  const late = new TakenLate();
  late.add([a]);
  const merged = { ...a, count: 2, sum: 5 };
  expect(late.takeOut([merged])).toEqual([merged]);
});

test("remembers accepted deltas for one export only", () => {
  const late = new TakenLate();
  late.add([a]);
  late.takeOut([b]);
  expect(late.takeOut([a])).toEqual([a]);
});
