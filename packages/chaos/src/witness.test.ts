import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { Witness } from "./witness.ts";

const snapshots = exampleSnapshots();
const [first] = snapshots;
const { signal } = new AbortController();
const all = snapshots.reduce((count, snapshot) => count + snapshot.count, 0);

function witness(sink: Partial<MetricsSink> = {}, clock = { steps: 0 }): Witness {
  return new Witness({ export: async () => {}, ...sink }, clock);
}

test("counts what was handed over, prepared and delivered", async () => {
  const one = witness({ prepare: (window) => window.slice(0, 1) });
  expect(one.sink.prepare?.(snapshots)).toEqual([first]);
  await one.sink.export(snapshots, { signal });
  expect([one.handed.count, one.prepared.count, one.delivered.count]).toEqual([
    all,
    first?.count,
    all,
  ]);
  expect(one.breaches).toEqual([]);
});

test("snapshots are not delivered if the sink returns them as retry or rejected, or throws", async () => {
  const rejected = snapshots.slice(0, 1).map((snapshot) => ({ snapshot, reason: "no" }));
  const partial = witness({ export: async () => ({ rejected, retry: snapshots.slice(1) }) });
  await partial.sink.export(snapshots, { signal });
  expect([partial.delivered.count, partial.rejected.count]).toEqual([0, first?.count]);

  const final = Object.assign(new Error("never"), { retryable: false });
  const throwing = witness({ export: () => Promise.reject(final) });
  await expect(throwing.sink.export(snapshots, { signal })).rejects.toBe(final);
  expect([throwing.delivered.count, throwing.rejected.count]).toEqual([0, all]);
});

test("if prepare throws, the window counts as prepared", () => {
  const throwing = witness({
    prepare(): readonly MetricSnapshot[] {
      throw new Error("not today");
    },
  });
  expect(() => throwing.sink.prepare?.(snapshots)).toThrow("not today");
  expect([throwing.prepared.count, throwing.unprepared.count]).toEqual([all, all]);
});

test("an export that does not settle stays unsettled, and a second one at the same time is a breach", async () => {
  const hanging = witness({ export: () => new Promise(() => {}) });
  void hanging.sink.export(snapshots, { signal });
  expect(hanging.isBusy).toBe(true);
  expect(hanging.unsettled.count).toBe(all);
  void hanging.sink.export(snapshots, { signal: new AbortController().signal });
  expect(hanging.breaches).toEqual(["export() was called before the one before had settled"]);
});

test("calls after close, repeated calls, too many snapshots and empty windows are breaches", async () => {
  const one = witness({ maxExportSnapshots: 1 });
  await one.sink.export([], { signal });
  await one.sink.export(snapshots, { signal });
  await one.sink.close?.({ signal });
  await one.sink.close?.({ signal });
  one.sink.prepare?.([]);
  await one.sink.export(snapshots.slice(0, 1), { signal });
  expect(one.isClosed).toBe(true);
  expect(one.breaches).toEqual([
    "export() was given an empty window",
    `export() was given ${snapshots.length} snapshots`,
    "close() was called twice",
    "prepare() was called after close()",
    "export() was called after close()",
  ]);
});

test("a sink may be closed again only if open() was still running the first time", async () => {
  let finish = (): void => {};
  const late = witness({ open: () => new Promise((resolve) => (finish = resolve)) });
  const opened = late.sink.open?.({
    snapshots: () => [],
    series: () => [],
    now: Date.now,
    exportIntervalMs: 1_000,
  });
  await late.sink.close?.({ signal });
  finish();
  await opened;
  await late.sink.close?.({ signal });
  expect(late.breaches).toEqual([]);
  await late.sink.close?.({ signal });
  expect(late.breaches).toEqual(["close() was called twice"]);
});

test("a window that begins before the last one ended is a breach, unless the wall clock was set during one of them", () => {
  const clock = { steps: 0 };
  const one = witness({}, clock);
  const [{ windowStart }] = exampleSnapshots() as [MetricSnapshot];
  const give = (start: number, end: number): void => {
    const snapshot = { ...exampleSnapshots()[0], windowStart: start, windowEnd: end };
    one.sink.prepare?.([snapshot as MetricSnapshot]);
  };
  give(windowStart, windowStart + 10);
  clock.steps++;
  give(windowStart + 10, windowStart + 20);
  give(windowStart + 5, windowStart + 9);
  expect(one.breaches).toEqual([]);
  give(windowStart + 8, windowStart + 20);
  give(windowStart + 30, windowStart + 20);
  expect(one.breaches).toEqual([
    `a window began at ${windowStart + 8}, before the last one ended`,
    `a window was from ${windowStart + 30} to ${windowStart + 20}`,
  ]);
});
