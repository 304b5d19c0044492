import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { ExportResult, MetricsSink } from "../contract/metrics-sink.ts";
import { MetricsManager } from "../metrics-manager.ts";
import { InMemorySink } from "../sinks/in-memory-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import type { ViewRule } from "./view-rule.ts";
import { withView } from "./with-view.ts";

const KINDS = {
  "c.one": "counter",
  "c.two": "counter",
  "g.one": "gauge",
  "g.two": "gauge",
  "d.one": "distribution",
} as const;
type Name = keyof typeof KINDS;
const names = Object.keys(KINDS) as Name[];

const dimension = fc.constantFrom("x", "y");
const rule: fc.Arbitrary<ViewRule> = fc
  .record({
    match: fc.constantFrom("*", "c.*", "g.*", "?.one", "c.two", "d.one"),
    change: fc.oneof(
      { weight: 1, arbitrary: fc.constant({ drop: true as const }) },
      {
        weight: 4,
        arbitrary: fc.record(
          {
            rename: fc.constantFrom("c.one", "new", "g.two"),
            keepDimensions: fc.uniqueArray(dimension),
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.record({ dropDimensions: fc.uniqueArray(dimension) }) },
    ),
  })
  .map(({ match, change }) => ({ match, ...change }));
const rules = fc.array(rule, { maxLength: 4 });

const source = fc.record({
  name: fc.constantFrom(...names),
  x: fc.constantFrom("1", "2"),
  y: fc.constantFrom("1", "2", "3"),
  value: fc.integer({ min: 0, max: 100 }),
});
type Source = typeof source extends fc.Arbitrary<infer T> ? T : never;
const window = fc.uniqueArray(source, {
  maxLength: 20,
  comparator: (a, b) => a.name === b.name && a.x === b.x && a.y === b.y,
});

function snapshotOf({ name, x, y, value }: Source, number: number): MetricSnapshot {
  return {
    name,
    kind: KINDS[name],
    unit: "1",
    count: 2,
    sum: value * 2,
    min: value,
    max: value,
    last: value,
    dimensions: [
      ["x", x],
      ["y", y],
    ],
    windowStart: number * 1_000,
    windowEnd: (number + 1) * 1_000,
  };
}

/** What a view makes of windows, written down as plainly as possible. */
class PlainView {
  readonly #rules: readonly ViewRule[];
  readonly #firsts = new Map<string, { name: string; kind: MetricKind }>();

  constructor(all: readonly ViewRule[]) {
    this.#rules = all;
  }

  apply(sources: readonly MetricSnapshot[]) {
    const series = new Map<string, MetricSnapshot[]>();
    const rejected: MetricSnapshot[] = [];
    for (const each of sources) {
      const found = this.#rules.find(({ match }) =>
        new RegExp(
          `^${match.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".")}$`,
        ).test(each.name),
      );
      if (found?.drop === true) continue;
      const name = found?.rename ?? each.name;
      const isShared = this.#rules.some(({ rename }) => rename === name);
      const first = this.#firsts.get(name) ?? each;
      if (isShared) this.#firsts.set(name, first);
      if (isShared && first.kind !== each.kind) {
        rejected.push(each);
        continue;
      }
      const dimensions = each.dimensions.filter(
        ([key]) =>
          (found?.keepDimensions?.includes(key) ?? true) &&
          found?.dropDimensions?.includes(key) !== true,
      );
      const key = JSON.stringify([name, dimensions]);
      series.set(key, [...(series.get(key) ?? []), each]);
    }
    return { series, rejected };
  }
}

function expectSeries(
  got: readonly MetricSnapshot[],
  series: ReadonlyMap<string, readonly MetricSnapshot[]>,
): void {
  const keys = got.map(({ name, dimensions }) => JSON.stringify([name, dimensions]));
  expect(keys.toSorted()).toEqual([...series.keys()].toSorted());
  for (const [index, merged] of got.entries()) {
    const sources = series.get(keys[index] ?? "") ?? [];
    const total = (of: (each: MetricSnapshot) => number): number =>
      sources.reduce((sum, each) => sum + of(each), 0);
    if (merged.kind === "gauge" && sources.length > 1) {
      const last = total((each) => each.last);
      expect(merged).toMatchObject({ count: 1, sum: last, min: last, max: last, last });
      expect(merged.levels).toBe(sources.length);
    } else
      expect([merged.count, merged.sum]).toEqual([
        total(({ count }) => count),
        total(({ sum }) => sum),
      ]);
  }
}

test("any view of any windows, cut in any parts, is what the rules say, and each observation is seen once at any moment", () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 5 });
  fc.assert(
    fc.property(
      rules,
      fc.array(fc.tuple(window, cuts), { maxLength: 4 }),
      fc.boolean(),
      (all, windows, holds) => {
        let open: readonly MetricSnapshot[] = [];
        let got: MetricSnapshot[] = [];
        let own: MetricSnapshot[] = [];
        let seenOpen: () => readonly MetricSnapshot[] = () => [];
        const inner: MetricsSink = {
          open: async (host) => {
            seenOpen = () => [...host.series()];
          },
          prepare(given, { last }) {
            own.push(...given);
            if (holds && !last) return [];
            const returned = own;
            own = [];
            return returned;
          },
          export: async () => {},
        };
        const sink = withView(inner, all);
        void sink.open?.({
          snapshots: () => open,
          series: () => open,
          now: () => 0,
          exportIntervalMs: 0,
        });
        const plain = new PlainView(all);
        for (const [number, [sources, sizes]] of windows.entries()) {
          const snapshots = sources.map((each) => snapshotOf(each, number));
          const expected = plain.apply(snapshots);
          got = [];
          const rejected: MetricSnapshot[] = [];
          let rest: readonly MetricSnapshot[] = snapshots;
          const counters = (list: readonly MetricSnapshot[]): number =>
            list.filter(({ kind }) => kind !== "gauge").reduce((sum, { count }) => sum + count, 0);
          const expectedTotal = counters([...expected.series.values()].flat());
          const give = (part: readonly MetricSnapshot[], last: boolean): void => {
            rest = rest.slice(part.length);
            open = rest;
            const prepared = sink.prepare?.(part, { last });
            if (prepared === undefined || !("snapshots" in prepared)) throw new Error("no window");
            got.push(...prepared.snapshots);
            for (const each of prepared.rejected ?? []) rejected.push(each.snapshot);
            expect(counters(got) + counters(own) + counters(seenOpen())).toBe(expectedTotal);
            if (prepared.more === true) give([], true);
          };
          for (const size of sizes) give(rest.slice(0, size), false);
          give(rest, true);
          expectSeries(got, expected.series);
          expect(rejected).toEqual(expected.rejected);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test("both ledgers are exact with any view, whatever the vendor answers", async () => {
  const answer = fc.constantFrom("takes", "fails", "retries one", "rejects one");
  const step = fc.oneof(
    { weight: 6, arbitrary: source },
    { weight: 1, arbitrary: fc.constant("flush" as const) },
    { weight: 1, arbitrary: fc.constant("wait" as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      rules,
      fc.array(step, { maxLength: 60 }),
      fc.array(answer, { maxLength: 8 }),
      fc.constantFrom(2, 2_000),
      async (all, program, answers, maxSeriesPerMetric) => {
        const clock = new ManualClock();
        const memory = new InMemorySink();
        let calls = 0;
        const inner: MetricsSink = {
          async export(snapshots): Promise<ExportResult> {
            const is = answers[calls++ % Math.max(1, answers.length)] ?? "takes";
            if (is === "fails") throw new Error("no");
            const [first, ...others] = snapshots;
            await memory.export(is === "takes" ? snapshots : others);
            if (first === undefined || is === "takes") return {};
            return is === "retries one"
              ? { retry: [first] }
              : { rejected: [{ snapshot: first, reason: "no" }] };
          },
        };
        const catalogue = Object.fromEntries(names.map((name) => [name, { kind: KINDS[name] }]));
        const metrics = new MetricsManager({
          clock,
          sink: withView(inner, all),
          maxSeriesPerMetric,
          metrics: catalogue,
          coalesceAfterSnapshots: 5,
          onError: () => {},
        });
        let recorded = 0;
        const check = (): void => {
          const stats = metrics.stats();
          expect(stats.accepted).toBe(recorded + stats.held);
          for (const { prepared, delivered, rejected, pending } of stats.sinks)
            expect(delivered.observations + rejected.observations + pending.observations).toBe(
              prepared.observations,
            );
        };
        for (const each of program) {
          if (each === "flush") void metrics.flush();
          else if (each === "wait") await clock.advance(60_000);
          else {
            metrics.put(each.name, each.value, { x: each.x, y: each.y });
            recorded++;
          }
          check();
        }
        const closed = metrics.close();
        await clock.advance(20_000);
        await closed;
        check();
        const [sink] = metrics.stats().sinks;
        const inMemory = memory.allSnapshots.reduce((sum, { count }) => sum + count, 0);
        expect(sink?.delivered.observations).toBe(inMemory);
      },
    ),
    { numRuns: 300 },
  );
});
