import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import type { WindowPart } from "./contract/metrics-sink.ts";
import { MetricsManager } from "./metrics-manager.ts";
import { SliceClock } from "./model/slice-clock.ts";

/** Of each metric; enough for several parts, of which a slice has one. */
const SERIES = 300;

const ids = fc.array(fc.nat(SERIES - 1), { maxLength: 20 });
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("slice") }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("set", "move", "count", "forget"), ids }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("flush", "read") }) },
);
type Action = { readonly do: string; readonly ids?: readonly number[] };

type Window = Map<string, MetricSnapshot>;

/** What the program has set and moved, as it was when a window ended. */
interface Levels {
  readonly set: ReadonlyMap<number, number>;
  readonly moved: readonly number[];
}

test("a window has the levels with which it ended, each once, whatever comes before they are collected", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const clock = new SliceClock();
      const windows: Window[] = [new Map()];
      const faults: string[] = [];
      let given = 0;
      let events = 0;
      const sink = {
        record: () => void events++,
        prepare: (part: readonly MetricSnapshot[], { last }: WindowPart) => {
          const window = windows.at(-1);
          for (const snapshot of part) {
            const key = `${snapshot.name} ${snapshot.dimensions[0]?.[1] ?? ""}`;
            if (window?.has(key) === true) faults.push(`${key} twice`);
            window?.set(key, snapshot);
            given += snapshot.count;
          }
          if (last) windows.push(new Map());
          return [];
        },
        export: async () => {},
      };
      const metrics = new MetricsManager({
        clock,
        sink,
        exportIntervalMs: 0,
        metrics: {
          depth: { kind: "gauge" },
          open: { kind: "gauge" },
          hits: { kind: "counter", quiet: "zero" },
          end: { kind: "gauge" },
        },
        onError: ({ message }) => faults.push(message),
      });
      const set = new Map<number, number>();
      const moved = Array.from({ length: SERIES }, () => 1);
      const ends: Levels[] = [];
      let isPeeking = false;
      let counted = 0;
      metrics.observe("end", () => {
        if (!isPeeking) ends.push({ set: new Map(set), moved: [...moved] });
        return 1;
      });
      const handles = moved.map((_, i) => metrics.bind("open", { i }));
      let value = 0;
      const steps: Record<string, (i: number) => void> = {
        set: (i) => {
          set.set(i, ++value);
          metrics.gauge("depth", value, { i });
        },
        move: (i) => {
          const delta = (++value % 5) - 2;
          moved[i] = (moved[i] ?? 0) + delta;
          handles[i]?.add(delta);
        },
        count: (i) => {
          counted += i;
          metrics.count("hits", i, { i });
        },
        forget: (i) => {
          set.delete(i);
          metrics.forget("depth", { i });
        },
      };
      const check = (): void => {
        clock.isSlow = false;
        isPeeking = true;
        const open = metrics.snapshots().reduce((sum, { count }) => sum + count, 0);
        isPeeking = false;
        const { accepted } = metrics.stats();
        expect({ accepted, events }).toEqual({ accepted: given + open, events: accepted });
        clock.isSlow = true;
      };
      await metrics.start();
      for (let i = 0; i < SERIES; i++) {
        steps["set"]?.(i);
        handles[i]?.add(1);
        metrics.count("hits", 0, { i });
      }
      await metrics.flush();
      clock.isSlow = true;
      const flushes: Promise<unknown>[] = [metrics.flush()];
      for (const each of actions as readonly Action[]) {
        if (each.do === "slice") await clock.slice();
        else if (each.do === "flush") flushes.push(metrics.flush());
        else if (each.do === "read") check();
        else each.ids?.forEach((i) => steps[each.do]?.(i));
      }
      const finish = async (work: Promise<unknown>): Promise<void> => {
        let isDone = false;
        void work.then(() => (isDone = true));
        while (!isDone) await clock.slice();
      };
      await finish(Promise.all(flushes));
      check();
      await finish(metrics.flush());
      check();
      await finish(metrics.close());
      expect(faults).toEqual([]);
      windows.pop();
      expect(windows.length).toBe(ends.length);
      for (const [number, window] of windows.entries()) {
        const levels = ends[number];
        for (const [i, level] of levels?.moved.entries() ?? [])
          expect(window.get(`open ${i}`)?.last).toBe(level);
        for (const [i, level] of levels?.set ?? [])
          expect(window.get(`depth ${i}`)?.last).toBe(level);
        const before = ends[number - 1]?.set;
        for (let i = 0; i < SERIES; i++) {
          expect(window.has(`hits ${i}`)).toBe(true);
          // What is not set at the end was set or forgotten in the window, or it is not there.
          if (levels?.set.has(i) === false && before?.has(i) === false && window.has(`depth ${i}`))
            expect(window.get(`depth ${i}`)?.max).toBeGreaterThan(SERIES);
        }
      }
      const sums = windows.flatMap((window) =>
        [...window.values()].filter(({ name }) => name === "hits").map(({ sum }) => sum),
      );
      expect(sums.reduce((total, sum) => total + sum, 0)).toBe(counted);
    }),
    { numRuns: 60 },
  );
}, 60_000);
