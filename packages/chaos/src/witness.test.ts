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
  expect(one.sink.prepare?.(snapshots, { last: true })).toEqual([first]);
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
  expect(() => throwing.sink.prepare?.(snapshots, { last: true })).toThrow("not today");
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
  one.sink.prepare?.([], { last: true });
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

test("counts over all parts of a window, and an empty last part", () => {
  const parts: boolean[] = [];
  const one = witness({
    prepare(_window, { last }) {
      parts.push(last);
      return last ? snapshots : [];
    },
  });
  for (const snapshot of snapshots) one.sink.prepare?.([snapshot], { last: false });
  one.sink.prepare?.([], { last: true });
  expect(parts).toEqual([...snapshots.map(() => false), true]);
  expect([one.handed.count, one.prepared.count]).toEqual([all, all]);
  expect(one.breaches).toEqual([]);
});

test("a sink that has more must be asked for the rest before it is given another window or closed", async () => {
  const more = witness({ prepare: () => ({ snapshots: [], more: true }) });
  more.sink.prepare?.(snapshots.slice(0, 2), { last: false });
  more.sink.prepare?.(snapshots.slice(2), { last: true });
  more.sink.prepare?.([], { last: true });
  expect(more.breaches).toEqual([]);
  more.sink.prepare?.(snapshots, { last: true });
  await more.sink.close?.({ signal });
  expect(more.breaches).toEqual([
    "prepare() was given another window before all of the last one was asked for",
    `a part of the window from ${first?.windowStart} to ${first?.windowEnd} came after its last part`,
    "close() was called before prepare() was given all of a window",
  ]);
});
