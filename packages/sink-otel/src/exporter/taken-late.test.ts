import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { ONE_TURN } from "../turns/in-turns.ts";
import { TakenLate } from "./taken-late.ts";

const { signal } = new AbortController();

const [a, b] = exampleSnapshots({
  series: [
    { name: "a", values: [1] },
    { name: "b", values: [2] },
  ],
});
if (a === undefined || b === undefined) throw new Error("no snapshots");

test("takes out each accepted delta once, even if it is a copy", async () => {
  const late = new TakenLate();
  late.add([a, b]);
  expect(await late.takeOut([{ ...a }, a, b], ONE_TURN, signal)).toEqual([a]);
});

test("sends a delta that was merged meanwhile", async () => {
  const late = new TakenLate();
  late.add([a]);
  const merged = { ...a, count: 2, sum: 5 };
  expect(await late.takeOut([merged], ONE_TURN, signal)).toEqual([merged]);
});

test("remembers accepted deltas for one export only", async () => {
  const late = new TakenLate();
  late.add([a]);
  await late.takeOut([b], ONE_TURN, signal);
  expect(await late.takeOut([a], ONE_TURN, signal)).toEqual([a]);
});

test("an abort between two turns: all are offered again, and the accepted ones are still known", async () => {
  const late = new TakenLate();
  late.add([a]);
  const controller = new AbortController();
  const aborting = {
    stride: 1,
    isOver: true,
    next: async () => controller.abort(new Error("no more time")),
  };
  await expect(late.takeOut([a, b], aborting, controller.signal)).rejects.toThrow("no more time");
  expect(await late.takeOut([a, b], ONE_TURN, signal)).toEqual([b]);
});

test("what is accepted while others are taken out is known to the next export", async () => {
  const late = new TakenLate();
  late.add([a]);
  const accepting = { isOver: true, next: async () => late.add([b]) };
  expect(await late.takeOut([a], accepting, signal)).toEqual([]);
  expect(await late.takeOut([b], ONE_TURN, signal)).toEqual([]);
});
