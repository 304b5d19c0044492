import type { SinkStats } from "@aiokpl/metrics-core";
import { expect, test } from "vitest";
import { imbalancesOf, type ManagerBooks, type SinkBooks } from "./accounting.ts";
import { Totals } from "./totals.ts";

function totals(count: number, sum = count * 10): Totals {
  const all = new Totals();
  if (count > 0) all.add("m", count, sum);
  return all;
}

function tally(observations: number) {
  return { snapshots: observations, observations };
}

const stats: SinkStats = {
  name: "honest",
  acknowledges: true,
  prepared: tally(10),
  delivered: tally(6),
  rejected: tally(1),
  pending: tally(3),
  possiblyDuplicated: tally(2),
  coalesced: 0,
  exports: 5,
  failures: 2,
  lastError: undefined,
  lastFailure: undefined,
  lastSuccess: undefined,
};

/** Ten were recorded; six are delivered, one rejected, three pending, of which two may have arrived. */
const sink: SinkBooks = {
  temper: "plain",
  ages: false,
  atClose: stats,
  stats,
  handed: totals(10),
  prepared: totals(10),
  unprepared: totals(0),
  events: undefined,
  delivered: totals(6),
  rejected: totals(1),
  unsettled: totals(2),
  late: totals(0),
  breaches: [],
  stored: totals(6),
  doubtful: totals(2),
};

const books: ManagerBooks = {
  recorded: totals(10),
  refused: new Map([["closed", 4]]),
  stats: { accepted: 10, refused: { closed: 4 } },
  waits: [{ call: "close", timeoutMs: 100, tookMs: 150 }],
  marginMs: 60,
  sinks: [sink],
};

function withSink(change: Partial<SinkBooks>): readonly string[] {
  return imbalancesOf({ ...books, sinks: [{ ...sink, ...change }] });
}

function withStats(change: Partial<SinkStats>): readonly string[] {
  return withSink({ stats: { ...stats, ...change } });
}

test("counts that agree have no imbalance", () => {
  expect(imbalancesOf(books)).toEqual([]);
});

test("what the manager accepted or refused must be what the program recorded", () => {
  expect(imbalancesOf({ ...books, stats: { accepted: 9, refused: { closed: 4 } } })).toEqual([
    "it accepted 9 observations, but 10 were recorded",
  ]);
  expect(imbalancesOf({ ...books, stats: { accepted: 10, refused: { closed: 3 } } })).toEqual([
    'it refused 3 observations as "closed" instead of 4',
  ]);
});

test("a call must settle by its deadline and the margin", () => {
  const waits = [{ call: "flush", timeoutMs: 100, tookMs: 161 }] as const;
  expect(imbalancesOf({ ...books, waits })).toEqual([
    "flush() took 161 ms; its timeout is 100 ms, with a margin of 60 ms",
  ]);
});

test("a sink must be given every observation once, and as a single event too if it wants them", () => {
  expect(withSink({ handed: totals(10, 99) })).toEqual([
    'sink "honest": given to prepare(): sum of m is 99 instead of 100',
  ]);
  expect(withSink({ events: totals(9, 100) })).toEqual([
    'sink "honest": given to record(): count of m is 9 instead of 10',
  ]);
});

test("prepared must be delivered, rejected or pending, at close and later", () => {
  const line =
    'sink "honest": 6 delivered + 1 rejected + 2 pending is not 10 prepared, in observations';
  const pending = { snapshots: 3, observations: 2 };
  expect(withStats({ pending })).toEqual([line]);
  expect(withSink({ atClose: { ...stats, pending } })).toEqual([line]);
  expect(withStats({ coalesced: 1 })).toEqual([
    'sink "honest": 6 delivered + 1 rejected + 3 pending + 1 coalesced is not 10 prepared, in snapshots',
  ]);
});

test("the manager may count no more delivered, rejected or duplicated than the sink said", () => {
  expect(withStats({ delivered: tally(7), rejected: tally(0) })).toEqual([
    'sink "honest": the manager counts 7 observations as delivered, but the sink reported 6',
    'sink "honest": the manager counts 0 observations as rejected, but the sink reported 1',
  ]);
  expect(withStats({ possiblyDuplicated: tally(0) })).toEqual([
    'sink "honest": the manager counts 0 observations as possibly duplicated, but the sink reported 2',
  ]);
});

test("an export that settled very late may count either way, and old data may be rejected", () => {
  const late = totals(1);
  expect(withSink({ late, stats: { ...stats, delivered: tally(7), pending: tally(2) } })).toEqual(
    [],
  );
  const aged = { ...stats, rejected: tally(2), pending: tally(2) };
  expect(withSink({ ages: true, stats: aged })).toEqual([]);
  expect(withSink({ stats: aged })).toHaveLength(1);
});

test("what was delivered must have arrived, in count and sum", () => {
  expect(withSink({ stored: totals(5) })).toEqual([
    `sink "honest": stored by the vendor: count of m is 5 instead of 6`,
    `sink "honest": stored by the vendor: sum of m is 50 instead of 60`,
  ]);
  expect(withSink({ stored: totals(5), doubtful: totals(0) })).toContain(
    'sink "honest": the manager counts 6 observations as delivered, but the vendor has stored 5',
  );
  expect(withSink({ stored: totals(7) })).toHaveLength(2);
});

test("a sink that does not wait for answers must not have sent less than arrived", () => {
  const unknowing = { ...stats, acknowledges: false };
  const change = { atClose: unknowing, stats: unknowing, stored: totals(0) };
  expect(withSink({ ...change, doubtful: totals(5) })).toEqual([]);
  expect(withSink({ ...change, doubtful: totals(7) })).toHaveLength(2);
});

test("once nothing is pending, all that was prepared is delivered or rejected", () => {
  const done = { ...stats, rejected: tally(4), pending: tally(0) };
  expect(withSink({ stats: done, rejected: totals(4) })).toEqual([]);
  expect(withSink({ stats: done, rejected: totals(4, 39) })).toEqual([
    'sink "honest": delivered or rejected: sum of m is 99 instead of 100',
  ]);
});

test("breaches of the contract are reported word for word", () => {
  expect(withSink({ breaches: ["close() was called twice"] })).toEqual([
    'sink "honest": close() was called twice',
  ]);
});
