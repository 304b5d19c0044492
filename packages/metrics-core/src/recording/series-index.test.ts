import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { DimensionValue, DimensionValues } from "../contract/dimensions.ts";
import { SeriesIndex } from "./series-index.ts";
import { Series } from "./series.ts";

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

function indexOf(common: DimensionValues = {}): SeriesIndex {
  return new SeriesIndex(
    () => new Series(undefined),
    Object.entries(common).map(([name, value]) => [name, String(value)] as const),
    () => {},
  );
}

/** The identity that the contract gives to dimensions, by the slowest and plainest means. */
function identity(dimensions: DimensionValues): string {
  const present = Object.entries(dimensions).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return JSON.stringify(
    present
      .map(([name, value]) => [name, String(value)])
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
}

const nastyText = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "a=1|b",
    "a",
    "1|b",
    "1",
    "b",
    "",
    "\0",
    "\u0001",
    "🎈",
    "é",
    "e\u0301",
    "true",
    "5",
    " ",
  ),
  fc.string({ maxLength: 4 }),
);
const nastyDimensions: fc.Arbitrary<[string, DimensionValue][]> = fc.uniqueArray(
  fc.tuple(
    nastyText,
    fc.oneof(
      nastyText,
      fc.constantFrom<DimensionValue>(undefined, null, true, false, 5, 1, -0, 0.1),
    ),
  ),
  { selector: ([name]) => name, maxLength: 6 },
);

function objectOf(entries: readonly (readonly [string, DimensionValue])[]): DimensionValues {
  const dimensions: Record<string, DimensionValue> = Object.create(null) as Record<
    string,
    DimensionValue
  >;
  for (const [name, value] of entries) dimensions[name] = value;
  return dimensions;
}

test("same identity, same series; another identity, another series: whatever the names, values and order", () => {
  fc.assert(
    fc.property(
      fc.array(nastyDimensions, { maxLength: 30 }),
      fc.infiniteStream(fc.boolean()),
      (sets, flip) => {
        const index = indexOf();
        const seriesByIdentity = new Map<string, unknown>();
        for (const entries of [...sets, ...sets]) {
          const reversed = flip.next().value === true;
          const dimensions = objectOf(reversed ? entries.toReversed() : entries);
          const series = index.find(dimensions) ?? index.findOrCreate(dimensions, NO_LIMIT);
          expect(series).toBeDefined();
          expect(index.find(dimensions)).toBe(series);
          const key = identity(dimensions);
          expect(seriesByIdentity.get(key) ?? series).toBe(series);
          seriesByIdentity.set(key, series);
          expect(series && index.dimensionsOf(series)).toEqual(JSON.parse(key));
        }
        expect(new Set(seriesByIdentity.values()).size).toBe(seriesByIdentity.size);
        expect(index.series.length).toBe(seriesByIdentity.size);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("30 dimensions with values of 10 kB, in any order, are one series", () => {
  const index = indexOf();
  const entries = Array.from(
    { length: 30 },
    (_, i) => [`name${i}`, `${i}`.repeat(10_000)] as const,
  );
  const series = index.findOrCreate(objectOf(entries), NO_LIMIT);
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: 30 }), (shuffled) => {
      expect(index.find(objectOf(shuffled))).toBe(series);
    }),
    { numRuns: 50 },
  );
});

test("many series are found again, one by one", () => {
  const index = indexOf();
  const series = Array.from({ length: 20_000 }, (_, i) =>
    index.findOrCreate({ a: `${i % 200}`, b: Math.floor(i / 200) }, NO_LIMIT),
  );
  expect(new Set(series).size).toBe(20_000);
  for (let i = 0; i < 20_000; i++)
    expect(index.find({ b: `${Math.floor(i / 200)}`, a: i % 200 }) ?? "miss").not.toBe(
      series[(i + 1) % 20_000],
    );
  for (let i = 0; i < 20_000; i++)
    expect(index.findOrCreate({ b: Math.floor(i / 200), a: `${i % 200}` }, 0)).toBe(series[i]);
});

test("common dimensions are part of every series, and one given with an observation wins", () => {
  const index = indexOf({ env: "prod", zone: "1" });
  const plain = index.findOrCreate({}, NO_LIMIT);
  expect(index.findOrCreate(undefined, NO_LIMIT)).toBe(plain);
  expect(index.findOrCreate({ env: "prod" }, NO_LIMIT)).toBe(plain);
  expect(index.findOrCreate({ zone: 1 }, NO_LIMIT)).toBe(plain);
  expect(index.findOrCreate({ env: "" }, NO_LIMIT)).toBe(plain);
  const other = index.findOrCreate({ env: "test", app: "x" }, NO_LIMIT);
  expect(plain && index.dimensionsOf(plain)).toEqual([
    ["env", "prod"],
    ["zone", "1"],
  ]);
  expect(other && index.dimensionsOf(other)).toEqual([
    ["app", "x"],
    ["env", "test"],
    ["zone", "1"],
  ]);
});

test("a series keeps one dimensions object", () => {
  const index = indexOf({ env: "prod" });
  const series = index.findOrCreate({ a: "1" }, NO_LIMIT);
  expect(series && index.dimensionsOf(series)).toBe(series && index.dimensionsOf(series));
});

test("past the limit nothing is registered and nothing remembered", () => {
  const index = indexOf();
  for (let i = 0; i < 10; i++) index.findOrCreate({ id: i }, 10);
  for (let i = 10; i < 1_000; i++)
    expect(index.findOrCreate({ id: i, [`name${i}`]: 1 }, 10)).toBeUndefined();
  expect(index.series.length).toBe(10);
  expect(index.findOrCreate({ id: "7" }, 10)).toBe(index.series[7]);
});

test("values of no usable type are left out and told", () => {
  const told = vi.fn();
  const index = new SeriesIndex(() => new Series(undefined), [], told);
  const bad: Record<string, unknown> = {
    a: {},
    b: Symbol("b"),
    c: () => {},
    d: 5n,
    e: [1],
    ok: "1",
  };
  const series = index.findOrCreate(bad as DimensionValues, NO_LIMIT);
  expect(series && index.dimensionsOf(series)).toEqual([["ok", "1"]]);
  expect(told.mock.calls.flat()).toEqual(["a", "b", "c", "d", "e"]);
  expect(index.findOrCreate({ ok: "1" }, NO_LIMIT)).toBe(series);
});

/** The index without what is idle, and how many series that was; calls `between` after each step. */
function rebuilt(
  index: SeriesIndex,
  isIdle: (series: Series) => boolean,
  between: () => void = () => {},
): { readonly index: SeriesIndex; readonly evicted: number } {
  const steps = index.withoutIdle(isIdle);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return { index: value?.index ?? index, evicted: value?.evicted.length ?? 0 };
    between();
  }
}

test("what is registered or in use again while idle series are evicted stays", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 5 }), (count, each) => {
      const before = indexOf();
      const seriesOf = new Map<number, Series | undefined>();
      const register = (id: number): void => {
        seriesOf.set(id, before.findOrCreate({ id }, NO_LIMIT));
      };
      for (let id = 0; id < count; id++) register(id);
      const idle = new Set([...seriesOf].flatMap(([id, series]) => (id % 2 === 0 ? [series] : [])));
      let next = count;
      const { index, evicted } = rebuilt(
        before,
        (series) => idle.has(series),
        () => {
          for (let i = 0; i < each; i++) {
            register(next++);
            // The same series as before, though the other index is half done.
            const used = seriesOf.get((next * 7) % count);
            expect(before.find({ id: (next * 7) % count })).toBe(used);
            idle.delete(used);
          }
        },
      );
      expect(evicted).toBe(idle.size);
      expect(index.series.length).toBe(seriesOf.size - idle.size);
      for (const [id, series] of seriesOf) {
        expect(index.find({ id: `${id}` })).toBe(idle.has(series) ? undefined : series);
        expect(series?.isRegistered).toBe(!idle.has(series));
        if (series?.isRegistered === true)
          expect(index.dimensionsOf(series)).toEqual([["id", `${id}`]]);
      }
    }),
    { numRuns: 200 },
  );
});

test("evicted series are detached, the others stay the same objects and are still found", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 100 }),
      fc.integer({ min: 1, max: 7 }),
      (ids, modulus) => {
        const before = indexOf();
        const all = ids.map((id) => ({
          id,
          series: before.findOrCreate({ id, half: id % 2 === 0 }, NO_LIMIT),
        }));
        const evicted = all.filter(({ id }) => id % modulus === 0);
        const kept = all.filter(({ id }) => id % modulus !== 0);
        const gone = new Set(evicted.map(({ series }) => series));
        const { index, evicted: detached } = rebuilt(before, (series) => gone.has(series));
        expect(detached).toBe(evicted.length);
        for (const { series } of evicted) expect(series?.isRegistered).toBe(false);
        for (const { id, series } of kept) {
          expect(index.findOrCreate({ half: `${id % 2 === 0}`, id: `${id}` }, 0)).toBe(series);
          expect(series && index.dimensionsOf(series)).toEqual([
            ["half", `${id % 2 === 0}`],
            ["id", `${id}`],
          ]);
        }
        for (const { id } of evicted)
          expect(index.find({ id, half: id % 2 === 0 })).toBeUndefined();
        expect(index.series.length).toBe(kept.length);
      },
    ),
  );
});
