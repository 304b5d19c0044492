import { WorkTurn } from "@aiokpl/metrics-core/sink";
import { expect, test } from "vitest";
import { emptyMemory, forgetOld, recordWritten, writtenTotal } from "./written-totals.ts";

const total = { count: 1, sum: 1, min: 1, max: 1 };
const hour = 3_600_000;

test("a total is remembered for an hour after its second was last written", async () => {
  const memory = emptyMemory();
  recordWritten(memory, { series: "a", second: 10, total }, 0);
  recordWritten(memory, { series: "a", second: 11, total }, 1);
  recordWritten(memory, { series: "b", second: 10, total }, 2);
  await forgetOld(memory, hour + 1, new WorkTurn());
  expect(writtenTotal(memory, "a", 11)).toBeUndefined();
  expect(writtenTotal(memory, "a", 10)).toEqual(total);
  await forgetOld(memory, hour + 2, new WorkTurn());
  expect(memory).toEqual({ seconds: new Map(), size: 0 });
});

test("others run while seconds are forgotten, and what they write stays", async () => {
  const memory = emptyMemory();
  for (let second = 0; second < 10; second++)
    recordWritten(memory, { series: "a", second, total }, second);
  let turns = 0;
  const next = async (): Promise<void> => {
    turns += 1;
    recordWritten(memory, { series: "b", second: 9, total }, hour);
  };
  await forgetOld(memory, hour + 20, { isOver: true, next });
  expect(turns).toBe(9);
  expect([...memory.seconds.keys()]).toEqual([9]);
  expect(memory.size).toBe(2);
});

test("100,000 totals are remembered, and the oldest make room", () => {
  const memory = emptyMemory();
  for (let i = 0; i < 150_000; i++)
    recordWritten(memory, { series: `s${i % 1_000}`, second: Math.floor(i / 1_000), total }, i);
  expect(memory.size).toBe(100_000);
  expect([...memory.seconds.keys()]).toEqual(Array.from({ length: 100 }, (_, i) => i + 50));
});

test("one second with more series than there is room for keeps the newest", () => {
  const memory = emptyMemory();
  for (let i = 0; i < 100_500; i++) recordWritten(memory, { series: `s${i}`, second: 1, total }, 0);
  expect(memory.size).toBe(100_000);
  expect(writtenTotal(memory, "s499", 1)).toBeUndefined();
  expect(writtenTotal(memory, "s500", 1)).toEqual(total);
  // What was forgotten and is written again is the newest.
  recordWritten(memory, { series: "s0", second: 1, total }, 0);
  expect(memory.size).toBe(100_000);
  expect(writtenTotal(memory, "s500", 1)).toBeUndefined();
  for (const series of ["s0", "s501"]) expect(writtenTotal(memory, series, 1)).toEqual(total);
});

test("writing a total again takes no more room, and histograms take more than numbers", () => {
  const memory = emptyMemory();
  for (let i = 0; i < 3; i++) recordWritten(memory, { series: "a", second: 1, total }, i);
  expect(memory.size).toBe(1);
  const buckets = { offset: 0, bucketCounts: Array.from({ length: 160 }, () => 1) };
  const histogram = { scale: 0, zeroCount: 0, positive: buckets, negative: buckets };
  recordWritten(memory, { series: "a", second: 1, total: { ...total, histogram } }, 4);
  expect(memory.size).toBeGreaterThan(20);
});
