import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricSnapshot } from "../../contract/metric-snapshot.ts";
import { MetricsManager } from "../../metrics-manager.ts";
import { InMemorySink } from "../../sinks/in-memory-sink.ts";
import { ManualClock } from "../../windows/manual-clock.ts";

const HOLD_MS = 90_000;

const catalogue = {
  level: { kind: "gauge" },
  brief: { kind: "gauge", holdMs: HOLD_MS },
  zero: { kind: "counter", quiet: "zero" },
  plain: { kind: "counter" },
} as const;
const NAMES = ["level", "brief", "zero", "plain"] as const;
type Name = (typeof NAMES)[number];

interface Figures {
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
}

/** A series in the plainest way: what it has in the open window, and what it says without. */
interface ModelSeries {
  level: number;
  isMoved: boolean;
  isPresent: boolean;
  /** Undefined after it was ended, until it is used again. */
  figures: Figures | undefined;
  isInUse: boolean;
  shownUntil: number;
  /** The count that it had when it was forgotten in this window. */
  forgottenAt: number | undefined;
}

type Step =
  | { do: "set" | "add"; name: Name; id: number; value: number; bound: boolean }
  | { do: "forget"; name: Name; id: number | undefined }
  | { do: "flush" }
  | { do: "wait"; ms: number };

const id = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("set" as const, "add" as const),
      name: fc.constantFrom(...NAMES),
      id,
      value: fc.integer({ min: -5, max: 5 }),
      bound: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("forget" as const),
      name: fc.constantFrom(...NAMES),
      id: fc.option(id, { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ do: "flush" }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(5_000, 20_000) }),
  },
);

const keyOf = ({ name, dimensions, overflow }: MetricSnapshot): string =>
  `${name} ${overflow === true ? "overflow" : (dimensions[0]?.[1] ?? "")}`;

class Model {
  readonly #series = new Map<string, ModelSeries>();
  #windowStart = -Infinity;
  accepted = 0;
  held = 0;
  readonly told: string[] = [];

  constructor() {
    this.#of("zero ").isPresent = true;
    this.#of("zero ").isInUse = true;
  }

  set(name: Name, id: number, value: number): void {
    const series = this.#of(`${name} ${id}`);
    this.#record(series, value);
    series.level = value;
    series.isPresent = name !== "plain";
  }

  add(name: Name, id: number, delta: number): void {
    const series = this.#of(`${name} ${id}`);
    if (series.figures === undefined && series.isMoved) this.#record(series, series.level);
    this.#record(series, series.level + delta);
    series.level += delta;
    series.isMoved = series.isPresent = true;
  }

  forget(name: Name, id: number | undefined): number {
    let count = 0;
    for (const [key, series] of this.#series) {
      const isMeant = id === undefined ? key.startsWith(`${name} `) : key === `${name} ${id}`;
      const isForgotten =
        series.forgottenAt !== undefined && series.forgottenAt === series.figures?.count;
      if (!isMeant || !series.isInUse || isForgotten) continue;
      count++;
      series.isPresent = series.isMoved = false;
      series.level = 0;
      series.forgottenAt = series.figures?.count;
      if (series.figures === undefined) this.#end(key, series);
    }
    return count;
  }

  close(now: number): Record<string, Figures> {
    const window: Record<string, Figures> = {};
    for (const [key, series] of this.#series) {
      const { figures, isPresent, shownUntil } = series;
      if (figures !== undefined) {
        window[key] = figures;
        if (key.startsWith("brief ")) series.shownUntil = now + HOLD_MS;
        if (series.forgottenAt === figures.count) this.#end(key, series);
      } else if (isPresent && shownUntil > this.#windowStart) {
        const said = /^(level|brief)/.test(key) ? series.level : 0;
        window[key] = { count: 1, sum: said, min: said, max: said, last: said };
        this.accepted++;
        this.held++;
      }
      series.figures = series.forgottenAt = undefined;
    }
    this.#windowStart = now;
    return window;
  }

  open(): Record<string, Figures> {
    return Object.fromEntries(
      [...this.#series].flatMap(([key, { figures }]) => (figures ? [[key, figures]] : [])),
    );
  }

  #end(key: string, series: ModelSeries): void {
    series.isInUse = false;
    if (/^(zero|plain)/.test(key)) this.told.push(key);
  }

  #record(series: ModelSeries, value: number): void {
    const { figures } = series;
    this.accepted++;
    series.isInUse = true;
    if (figures === undefined) {
      series.shownUntil = Infinity;
      series.figures = { count: 1, sum: value, min: value, max: value, last: value };
      return;
    }
    series.figures = {
      count: figures.count + 1,
      sum: figures.sum + value,
      min: Math.min(figures.min, value),
      max: Math.max(figures.max, value),
      last: value,
    };
  }

  #of(key: string): ModelSeries {
    let series = this.#series.get(key);
    if (series === undefined) {
      series = {
        level: 0,
        isMoved: false,
        isPresent: false,
        figures: undefined,
        isInUse: false,
        shownUntil: Infinity,
        forgottenAt: undefined,
      };
      this.#series.set(key, series);
    }
    return series;
  }
}

function figuresOf(snapshots: readonly MetricSnapshot[]): Record<string, Figures> {
  return Object.fromEntries(
    snapshots.map((snapshot) => {
      const { count, sum, min, max, last } = snapshot;
      // Minus zero and zero are the same level.
      const [s, low, high, end] = [sum + 0, min + 0, max + 0, last + 0];
      return [keyOf(snapshot), { count, sum: s, min: low, max: high, last: end }];
    }),
  );
}

class TellingSink extends InMemorySink {
  readonly told: string[] = [];
  events = 0;

  record(): void {
    this.events++;
  }

  forgotten({ name, dimensions }: Pick<MetricSnapshot, "name" | "dimensions">): void {
    this.told.push(`${name} ${dimensions[0]?.[1] ?? ""}`);
  }
}

test("for any program, each window has what was recorded, and the levels and zeros that are held, once each", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock();
      const sink = new TellingSink();
      const onError = (): void => {};
      const metrics = new MetricsManager({
        clock,
        sink,
        exportIntervalMs: 0,
        metrics: catalogue,
        onError,
      });
      const model = new Model();
      const handles = new Map<string, { put(value: number): void; add(delta: number): void }>();
      const flush = async (): Promise<void> => {
        const exports = sink.exports.length;
        await metrics.flush();
        const window = sink.exports.slice(exports).flat();
        expect(figuresOf(window)).toEqual(model.close(clock.monotonicTime()));
      };
      for (const each of steps) {
        if (each.do === "wait") await clock.advance(each.ms);
        else if (each.do === "flush") await flush();
        else if (each.do === "forget") {
          const { name, id: which } = each;
          const dimensions = which === undefined ? undefined : { id: which };
          expect(metrics.forget(name, dimensions)).toBe(model.forget(name, which));
        } else {
          const { name, id: which, bound } = each;
          const isCounter = catalogue[name].kind === "counter";
          const value = isCounter ? Math.abs(each.value) : each.value;
          const key = `${name} ${which}`;
          const open = metrics as unknown as MetricsManager;
          const handle = handles.get(key) ?? open.bind(name, { id: which });
          handles.set(key, handle);
          if (each.do === "set" || isCounter) {
            model.set(name, which, value);
            if (bound) handle.put(value);
            else open.put(name, value, { id: which });
          } else {
            model.add(name, which, value);
            if (bound) handle.add(value);
            else open.add(name, value, { id: which });
          }
        }
        expect(figuresOf(metrics.snapshots())).toEqual(model.open());
        const { accepted, held } = metrics.stats();
        expect({ accepted, held, events: sink.events }).toEqual({
          accepted: model.accepted,
          held: model.held,
          events: model.accepted,
        });
        expect(sink.told.toSorted()).toEqual(model.told.toSorted());
      }
      await flush();
      await metrics.close();
    }),
    { numRuns: 1_000 },
  );
}, 60_000);

const move = fc.record({
  do: fc.constant("add" as const),
  id: fc.nat(5),
  delta: fc.integer({ min: -2, max: 3 }),
  bound: fc.boolean(),
});
const limitedStep = fc.oneof(
  { weight: 10, arbitrary: move },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1_000, 900_000) }),
  },
);

test("at the limit of series, levels that are moved add up to all of them in each window", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(limitedStep, { maxLength: 60 }),
      fc.constantFrom(1, 2, 4),
      fc.constantFrom(Infinity, HOLD_MS),
      async (steps, maxSeriesPerMetric, holdMs) => {
        const clock = new ManualClock();
        const sink = new InMemorySink();
        const metrics = new MetricsManager({
          clock,
          sink,
          exportIntervalMs: 0,
          maxSeriesPerMetric,
          metrics: { open: { kind: "gauge", holdMs } },
          onError: () => {},
        });
        const handles = Array.from({ length: 6 }, (_, i) => metrics.bind("open", { i }));
        let total = 0;
        let closed = 0;
        const flush = async (): Promise<void> => {
          const exports = sink.exports.length;
          await metrics.flush();
          const window = sink.exports.slice(exports).flat();
          closed += window.reduce((sum, { count }) => sum + count, 0);
          expect(new Set(window.map(keyOf)).size).toBe(window.length);
          if (holdMs === Infinity)
            expect(window.reduce((sum, { last }) => sum + last, 0)).toBe(total);
        };
        for (const each of steps) {
          if (each.do === "flush") await flush();
          else if (each.do === "wait") await clock.advance(each.ms);
          else if (each.do === "forget") {
            await flush();
            metrics.forget("open");
            total = 0;
          } else {
            if (each.bound) handles[each.id]?.add(each.delta);
            else metrics.add("open", each.delta, { i: each.id });
            total += each.delta;
          }
          const open = metrics.snapshots().reduce((sum, { count }) => sum + count, 0);
          expect(metrics.stats().accepted).toBe(closed + open);
          expect(metrics.stats().series).toBeLessThanOrEqual(maxSeriesPerMetric + 1);
        }
        await flush();
        await metrics.close();
      },
    ),
    { numRuns: 1_000 },
  );
}, 60_000);
