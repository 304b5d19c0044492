import fc from "fast-check";
import { expect, test } from "vitest";
import type { MetricLevel } from "./contract/catalogue.ts";
import type { MetricSnapshot } from "./contract/metric-snapshot.ts";
import { MetricsManager } from "./metrics-manager.ts";
import { SliceClock } from "./model/slice-clock.ts";

/** Of each metric; enough for several parts, of which a slice has one. */
const SERIES = 300;

const metrics = {
  hits: { kind: "counter" },
  sizes: { kind: "distribution" },
  depth: { kind: "gauge" },
  zero: { kind: "counter", quiet: "zero" },
} as const;
const names = ["hits", "sizes", "depth", "zero"] as const;
const ids = fc.array(fc.nat(SERIES - 1), { maxLength: 12 });

const pattern = fc.constantFrom("*" as const, ...names);
type Pattern = "*" | (typeof names)[number];

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("slice" as const) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("put", "bound", "many"), ids }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("level" as const),
      pattern,
      level: fc.constantFrom("none" as const, "detailed" as const),
    }),
  },
  // Off when the window ends, and on again before it is collected.
  { weight: 2, arbitrary: fc.record({ do: fc.constant("blink" as const), pattern }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
);

test("what is recorded at any level is in the windows, each once, whatever comes before they are collected", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 50 }), async (actions) => {
      const clock = new SliceClock();
      const found = new Map<string, { count: number; sum: number }>();
      const faults: string[] = [];
      let inWindow = new Set<string>();
      const sink = {
        prepare: (part: readonly MetricSnapshot[], { last }: { readonly last: boolean }) => {
          for (const { name, dimensions, count, sum } of part) {
            const key = `${name} ${dimensions[0]?.[1]}`;
            if (inWindow.has(key)) faults.push(`${key} twice`);
            inWindow.add(key);
            const before = found.get(name) ?? { count: 0, sum: 0 };
            found.set(name, { count: before.count + count, sum: before.sum + sum });
          }
          if (last) inWindow = new Set();
          return [];
        },
        export: async () => {},
      };
      const onError = ({ message }: Error): void => void faults.push(message);
      const manager = new MetricsManager({ clock, sink, metrics, exportIntervalMs: 0, onError });
      const handles = names.map((name) =>
        Array.from({ length: SERIES }, (_, i) => manager.bind(name, { i })),
      );
      const given = new Map(names.map((name) => [name, { count: 0, sum: 0 }]));
      const isOff = new Set<string>();
      const record = (how: string, id: number): void => {
        const times = how === "many" ? 100 : 1;
        for (const [position, name] of names.entries()) {
          if (how === "put") manager.put(name, 1, { i: id });
          else if (how === "bound") handles[position]?.[id]?.put(1);
          else if (name === "sizes") manager.bind(name, { i: id }).putMany(1, times);
          else continue;
          const totals = given.get(name);
          if (totals === undefined || isOff.has(name)) continue;
          totals.count += times;
          totals.sum += times;
        }
      };
      const setLevel = (pattern: Pattern, level: MetricLevel): void => {
        manager.setLevel(pattern, level);
        for (const name of pattern === "*" ? names : [pattern])
          if (level === "none") isOff.add(name);
          else isOff.delete(name);
      };
      // Every series is in use, so that a window takes many slices.
      for (let i = 0; i < SERIES; i++) record("bound", i);
      clock.isSlow = true;
      for (const each of actions) {
        if (each.do === "slice") await clock.slice();
        else if (each.do === "flush") void manager.flush();
        else if (each.do === "level") setLevel(each.pattern, each.level);
        else if (each.do === "blink") {
          setLevel(each.pattern, "none");
          void manager.flush();
          setLevel(each.pattern, "detailed");
        } else for (const id of each.ids) record(each.do, id);
      }
      clock.isSlow = false;
      while (clock.hasSlices) await clock.slice();
      await manager.close();
      const { held, accepted, refused } = manager.stats();
      expect({ faults, refused }).toEqual({ faults: [], refused: {} });
      for (const name of ["hits", "sizes"] as const)
        expect(found.get(name)).toEqual(given.get(name));
      expect(found.get("zero")?.sum).toBe(given.get("zero")?.sum);
      const counted = (all: ReadonlyMap<string, { readonly count: number }>): number =>
        [...all.values()].reduce((total, { count }) => total + count, 0);
      expect(counted(found)).toBe(counted(given) + held);
      expect(accepted).toBe(counted(found));
    }),
    { numRuns: 150 },
  );
});

test.each(["detailed", "none"] as const)(
  "a window has all levels that are held or none, by the level at its end: %s",
  async (level) => {
    const clock = new SliceClock();
    let held = 0;
    const sink = {
      prepare: (part: readonly MetricSnapshot[]) => {
        held += part.filter(({ name }) => name === "depth").length;
        return [];
      },
      export: async () => {},
    };
    const manager = new MetricsManager({ sink, metrics, clock, exportIntervalMs: 0 });
    for (let id = 0; id < SERIES; id++) manager.gauge("depth", id, { id });
    const first = manager.flush();
    await first;
    held = 0;
    manager.level = level;
    clock.isSlow = true;
    const second = manager.flush();
    manager.level = level === "none" ? "detailed" : "none";
    clock.isSlow = false;
    while (clock.hasSlices) await clock.slice();
    await second;
    expect(held).toBe(level === "none" ? 0 : SERIES);
    await manager.close();
  },
);
