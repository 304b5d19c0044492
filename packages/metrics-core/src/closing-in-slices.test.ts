import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { MetricsSink, SinkHost, WindowPart } from "./contract/metrics-sink.ts";
import { MetricsManager } from "./metrics-manager.ts";
import { lostAtExit } from "./node/lost-at-exit.ts";
import { SliceClock } from "./model/slice-clock.ts";

/** Enough for several parts, of which a slice has one. */
const SERIES = 700;
const MAX_SERIES = 750;
const MINUTE_MS = 60_000;

interface Amount {
  count: number;
  sum: number;
}

/** Counts by series. */
class Book {
  readonly #amounts = new Map<string, Amount>();

  of(series: string): Amount {
    const known = this.#amounts.get(series);
    if (known !== undefined) return known;
    const amount = { count: 0, sum: 0 };
    this.#amounts.set(series, amount);
    return amount;
  }

  add(series: string, { count, sum }: Amount): void {
    const amount = this.of(series);
    amount.count += count;
    amount.sum += sum;
  }

  entries(): readonly (readonly [string, Amount])[] {
    return [...this.#amounts]
      .filter(([, { count }]) => count > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

function keyOf({ name, dimensions, overflow }: MetricSnapshot): string {
  return overflow === true ? `${name} overflow` : `${name} ${dimensions[0]?.[1] ?? ""}`;
}

/** A sink that folds windows in `prepare`, reads what is not there yet, and checks how it gets them. */
class PullSink implements MetricsSink {
  readonly folded = new Book();
  host: SinkHost | undefined;
  windows = 0;
  /** What was wrong with the parts of windows; a throw would be taken for the sink's fault. */
  readonly faults: string[] = [];
  #bounds: readonly [number, number] | undefined;
  #end: number | undefined;
  readonly #seen = new Set<string>();

  async open(host: SinkHost): Promise<void> {
    this.host = host;
  }

  prepare(part: readonly MetricSnapshot[], { last }: WindowPart): readonly MetricSnapshot[] {
    for (const snapshot of part) {
      const { windowStart, windowEnd } = snapshot;
      this.#bounds ??= [windowStart, windowEnd];
      const [start, end] = this.#bounds;
      if (windowStart !== start || windowEnd !== end) this.faults.push("two bounds in a window");
      if (windowStart < (this.#end ?? -Infinity)) this.faults.push("windows that overlap");
      const key = keyOf(snapshot);
      if (this.#seen.has(key)) this.faults.push(`${key} twice in a window`);
      this.#seen.add(key);
      this.folded.add(key, snapshot);
    }
    if (last) {
      this.windows++;
      this.#end = this.#bounds?.[1] ?? this.#end;
      this.#bounds = undefined;
      this.#seen.clear();
    }
    return [];
  }

  async export(): Promise<void> {}
}

function setUp() {
  const clock = new SliceClock();
  const pull = new PullSink();
  const delivered = new Book();
  const push: MetricsSink = {
    name: "push",
    export: async (snapshots) => {
      for (const each of snapshots) delivered.add(keyOf(each), each);
    },
  };
  const metrics = new MetricsManager({
    clock,
    sink: [pull, push],
    exportIntervalMs: MINUTE_MS,
    maxSeriesPerMetric: MAX_SERIES,
    metrics: { hits: { kind: "counter" }, time: { kind: "distribution", unit: "ms" } },
    onError: ({ code, message }) => {
      if (code !== "series_limit" && code !== "closed") pull.faults.push(message);
    },
  });
  const recorded = new Book();
  const registered = new Set<number>();
  const handles = Array.from({ length: 40 }, (_, i) => metrics.bind("hits", { id: `${i}` }));

  function record(id: number): void {
    const value = 1 + (id % 5);
    const isNew = !registered.has(id) && id < 10_000;
    const hasRoom = registered.has(id) || registered.size < MAX_SERIES;
    if (isNew && hasRoom) registered.add(id);
    const handle = handles[id];
    if (handle === undefined) metrics.count("hits", value, { id: `${id}` });
    else handle.put(value);
    recorded.add(hasRoom ? `hits ${id}` : "hits overflow", { count: 1, sum: value });
    if (id % 7 > 0) return;
    metrics.put("time", value, { id: `${id % 70}` });
    recorded.add(`time ${id % 70}`, { count: 1, sum: value });
  }
  return { clock, pull, delivered, metrics, recorded, record };
}

/** At each moment an observation is either folded or can be read, once. */
function checkReader(pull: PullSink, metrics: MetricsManager, recorded: Book): void {
  const shown = new Book();
  for (const [key, amount] of pull.folded.entries()) shown.add(key, amount);
  const read = new Set<string>();
  for (const snapshot of metrics.snapshots()) {
    expect(read.has(keyOf(snapshot))).toBe(false);
    read.add(keyOf(snapshot));
    shown.add(keyOf(snapshot), snapshot);
  }
  expect(shown.entries()).toEqual(recorded.entries());
  const accepted = recorded.entries().reduce((total, [, { count }]) => total + count, 0);
  expect(metrics.stats().accepted).toBe(accepted);
}

const id = fc.oneof(fc.nat(39), fc.nat(SERIES - 1), fc.nat(2 * MAX_SERIES));
const action = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant("record"), ids: fc.array(id) }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant("slice") }), weight: 6 },
  { arbitrary: fc.record({ do: fc.constant("read"), most: fc.nat(300) }), weight: 3 },
  fc.record({ do: fc.constantFrom("flush", "tick", "all") }),
);
type Action = { do: string; ids?: readonly number[]; most?: number };

test("wherever observations come between two slices, each is in one window, and a reader sees it once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), fc.boolean(), async (actions, quick) => {
      const { clock, pull, delivered, metrics, recorded, record } = setUp();
      const lateHandle = metrics.bind("hits", { id: "2" });
      await metrics.start();
      for (let i = 0; i < SERIES; i++) record(i);
      clock.isSlow = true;
      const flushes: Promise<unknown>[] = [metrics.flush()];
      let reader = pull.host?.series()[Symbol.iterator]();
      for (const each of actions as readonly Action[]) {
        if (each.do === "record") each.ids?.forEach(record);
        if (each.do === "slice") await clock.slice();
        if (each.do === "flush") flushes.push(metrics.flush());
        if (each.do === "tick") await clock.advance(MINUTE_MS);
        if (each.do === "all") for (let i = 0; i < SERIES; i++) record(i);
        for (let left = each.most ?? 0; left > 0; left--) {
          const next = reader?.next();
          if (next?.done !== false) {
            reader = pull.host?.series()[Symbol.iterator]();
            break;
          }
          // What is read now and what was folded by now is all there is.
          const key = keyOf(next.value);
          const folded = pull.folded.of(key);
          expect(folded.count + next.value.count).toBe(recorded.of(key).count);
        }
        clock.isSlow = false;
        checkReader(pull, metrics as unknown as MetricsManager, recorded);
        clock.isSlow = true;
      }
      if (quick) clock.isSlow = false;
      const closed = metrics.close();
      const windows = pull.windows;
      for (const late of ["late", "0", "41"]) metrics.count("hits", 1, { id: late });
      lateHandle.put(1);
      while (clock.hasSlices) await clock.slice();
      await clock.advance(MINUTE_MS);
      expect(await closed).toMatchObject({ pending: 0, rejected: 0 });
      await Promise.all(flushes);
      expect(pull.windows).toBeGreaterThanOrEqual(windows);
      expect(pull.folded.entries()).toEqual(recorded.entries());
      expect(delivered.entries()).toEqual(recorded.entries());
      expect(metrics.stats().refused).toMatchObject({ closed: 4 });
      expect(pull.faults).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

/** A manager of which a window is being closed, with some of it collected. */
async function closing() {
  const all = setUp();
  await all.metrics.start();
  for (let i = 0; i < SERIES; i++) all.record(i);
  all.clock.isSlow = true;
  const flushed = all.metrics.flush();
  await all.clock.slice();
  expect(all.clock.hasSlices).toBe(true);
  expect(all.pull.folded.entries().length).toBeGreaterThan(0);
  expect(all.pull.windows).toBe(0);
  return { ...all, flushed };
}

async function end(clock: SliceClock, metrics: { close(): Promise<unknown> }): Promise<void> {
  clock.isSlow = false;
  let isClosed = false;
  void metrics.close().then(() => (isClosed = true));
  while (!isClosed) await clock.slice();
}

async function runSlices(clock: SliceClock): Promise<void> {
  while (clock.hasSlices) await clock.slice();
}

test("a second flush is about what was recorded before it, and closes one more window", async () => {
  const { clock, pull, metrics, record, flushed } = await closing();
  record(1);
  const second = metrics.flush();
  const third = metrics.flush();
  await runSlices(clock);
  expect(await flushed).toMatchObject({ ok: true, pending: 0 });
  expect(await second).toMatchObject({ ok: true, pending: 0 });
  expect(await third).toEqual(await second);
  expect(pull.windows).toBe(2);
  expect(metrics.snapshots()).toEqual([]);
  expect(metrics.stats().windows).toBe(2);
});

test("a window whose flush timed out is delivered when it is collected, with or without a schedule", async () => {
  const clock = new SliceClock();
  const exported: MetricSnapshot[] = [];
  const sink = { export: async (all: readonly MetricSnapshot[]) => void exported.push(...all) };
  const metrics = new MetricsManager({ clock, sink, exportIntervalMs: 0 });
  await metrics.start();
  for (let i = 0; i < SERIES; i++) metrics.count("hits", 1, { id: i });
  clock.isSlow = true;
  const flushed = metrics.flush({ timeoutMs: 100 });
  await clock.advance(100);
  // What came after the flush is not of its window.
  for (let i = 0; i < SERIES; i++) metrics.count("later", 1, { id: i });
  expect(await flushed).toMatchObject({ ok: false, delivered: 0, pending: SERIES });
  await runSlices(clock);
  expect(exported.length).toBe(SERIES);
  await end(clock, metrics);
});

test("a flush whose time is up resolves with all that is pending, which is delivered later", async () => {
  const { clock, pull, metrics, recorded, record, delivered, flushed } = await closing();
  record(1);
  const late = metrics.flush({ timeoutMs: 1_000 });
  await clock.advance(1_000);
  const snapshots = recorded.entries().length + 1;
  const { ok, sinks } = await late;
  // The pull sink has taken a part of them already.
  expect([ok, sinks[1]?.delivered, sinks[1]?.pending]).toEqual([false, 0, snapshots]);
  await runSlices(clock);
  await flushed;
  expect(pull.windows).toBe(2);
  expect(delivered.entries()).toEqual(recorded.entries());
});

test("close() collects what is left when its time is up, whether or not there was a slice", async () => {
  const { clock, metrics, pull, recorded, record } = await closing();
  record(1);
  const closed = metrics.close({ timeoutMs: 1_000 });
  record(2);
  await clock.advance(1_000);
  expect(pull.windows).toBe(2);
  expect(pull.folded.of("hits 1").count).toBe(2);
  expect(pull.folded.of("hits 2").count).toBe(1);
  const { sinks } = await closed;
  // Both windows, by the one attempt that is always made.
  expect(sinks[1]).toMatchObject({ delivered: recorded.entries().length + 1, pending: 0 });
  expect(clock.pendingTimers()).toBe(0);
});

test("close() leaves the sinks most of its time, however late the slices come", async () => {
  const clock = new SliceClock();
  let delivered = 0;
  const sink: MetricsSink = {
    export: (snapshots, { signal }) =>
      new Promise((resolve) => {
        const take = (): void => resolve(void (delivered += snapshots.length));
        const cancel = clock.setTimer(take, 600);
        signal.addEventListener("abort", () => {
          cancel();
          resolve({ retry: snapshots });
        });
      }),
  };
  const metrics = new MetricsManager({ clock, sink, exportIntervalMs: 0 });
  await metrics.start();
  for (let i = 0; i < SERIES; i++) metrics.count("hits", 1, { id: i });
  clock.isSlow = true;
  const closed = metrics.close({ timeoutMs: 1_000 });
  clock.isSlow = false;
  // No slice gets its turn.
  await clock.advance(1_000);
  expect(await closed).toMatchObject({ ok: true, delivered: SERIES });
  expect(delivered).toBe(SERIES);
});

test("a tick that comes before the last window is collected closes the next one on the grid", async () => {
  const { clock, pull, metrics, record } = await closing();
  const ends: number[] = [];
  const prepare = pull.prepare.bind(pull);
  pull.prepare = (part, which) => {
    for (const { windowEnd } of part) if (ends.at(-1) !== windowEnd) ends.push(windowEnd);
    return prepare(part, which);
  };
  record(1);
  await clock.advance(MINUTE_MS);
  expect(metrics.stats().windows).toBe(0);
  await runSlices(clock);
  expect(metrics.stats().windows).toBe(2);
  expect((ends.at(-1) ?? 1) % MINUTE_MS).toBe(0);
  // The schedule goes on.
  record(1);
  await clock.advance(MINUTE_MS);
  await runSlices(clock);
  expect(metrics.stats().windows).toBe(3);
  await end(clock, metrics);
});

test("what an exit loses while a window is collected is counted once", async () => {
  const { clock, metrics, recorded } = await closing();
  clock.isSlow = false;
  const total = recorded.entries().reduce((sum, [, { count }]) => sum + count, 0);
  const [open, waiting] = lostAtExit(metrics)?.match(/[\d,]+(?= observation)/g) ?? [];
  expect(Number(open?.replace(",", "")) + Number(waiting?.replace(",", ""))).toBe(total);
  await end(clock, metrics);
});

test("idle series are evicted in slices, and those that are used meanwhile stay", async () => {
  const { clock, metrics, recorded, record } = setUp();
  for (let i = 0; i < SERIES; i++) record(i);
  const before = metrics.stats().series;
  await clock.advance(19 * MINUTE_MS);
  clock.isSlow = true;
  const used = new Set<number>();
  for (let id = 0; id < SERIES && metrics.stats().evicted === 0; id += 30) {
    await clock.advance(MINUTE_MS);
    if (clock.hasSlices) {
      used.add(id);
      record(id);
      await clock.slice();
    }
  }
  await runSlices(clock);
  clock.isSlow = false;
  expect(used.size).toBeGreaterThan(2);
  expect(metrics.stats().series).toBeLessThan(before);
  for (const id of used) record(id);
  await metrics.flush();
  const accepted = recorded.entries().reduce((total, [, { count }]) => total + count, 0);
  expect(metrics.stats().accepted).toBe(accepted);
  await metrics.close();
});

test("a sink may flush and close the manager between the parts of a window", async () => {
  const { clock, pull, delivered, metrics, recorded, record } = setUp();
  const prepare = pull.prepare.bind(pull);
  const promises: Promise<unknown>[] = [];
  let parts = 0;
  pull.prepare = (part, which) => {
    parts++;
    if (parts === 2) promises.push(metrics.flush());
    if (parts === 3) promises.push(metrics.close());
    return prepare(part, which);
  };
  await metrics.start();
  for (let i = 0; i < SERIES; i++) record(i);
  clock.isSlow = true;
  promises.push(metrics.flush());
  await clock.slice();
  record(1);
  await runSlices(clock);
  const results = await Promise.all(promises);
  expect(results).toHaveLength(3);
  for (const result of results) expect(result).toMatchObject({ ok: true, pending: 0 });
  // The flush from within is about the window that was being collected, and closed no other.
  expect(pull.windows).toBe(2);
  expect(pull.folded.entries()).toEqual(recorded.entries());
  expect(delivered.entries()).toEqual(recorded.entries());
  expect(pull.faults).toEqual([]);
});
