import type { Dimensions } from "../contract/dimensions.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SeriesMap } from "./series-map.ts";

const identity = fc.record({
  name: fc.constantFrom("a", "b", "A"),
  dimensions: fc.array(fc.tuple(fc.constantFrom("x", "y", "__proto__"), fc.nat(5).map(String)), {
    maxLength: 2,
  }),
  overflow: fc.constantFrom(undefined, true as const),
});

/** The same dimensions in other objects, as a series has them that was forgotten and came back. */
function copyOf(dimensions: Dimensions): Dimensions {
  return dimensions.map(([name, value]) => [name, value]);
}

const step = fc.tuple(identity, fc.constantFrom("get", "get", "set", "delete"), fc.boolean());

test("whatever is set and deleted, it finds what a map of texts finds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const map = new SeriesMap<object>();
      const expected = new Map<string, object>();
      const known = new Map<string, Dimensions>();
      for (const [{ name, dimensions: given, overflow }, does, isCopy] of steps) {
        const text = JSON.stringify(given);
        const dimensions = (isCopy ? undefined : known.get(text)) ?? copyOf(given);
        known.set(text, dimensions);
        const key = JSON.stringify([name, given, overflow]);
        const series = { dimensions, overflow };
        expect(map.get(name, series)).toBe(expected.get(key));
        if (does === "get") continue;
        if (does === "delete") {
          map.delete(name, series);
          expected.delete(key);
        } else {
          const value = {};
          map.set(name, series, value);
          expected.set(key, value);
        }
      }
      expect(new Set(map.values())).toEqual(new Set(expected.values()));
      expect([...map.values()]).toHaveLength(expected.size);
      expect(map.size).toBe(expected.size);
    }),
  );
});

test("series that come in the order in which they came first are found, whichever are left out", () => {
  fc.assert(
    fc.property(
      fc.array(identity, { maxLength: 30 }),
      fc.infiniteStream(fc.boolean()),
      (all, isLeftOut) => {
        const map = new SeriesMap<object>();
        const values = new Map<string, object>();
        const series = all.map(({ name, dimensions, overflow }) => {
          const key = JSON.stringify([name, dimensions, overflow]);
          const value = values.get(key) ?? {};
          values.set(key, value);
          const each = { dimensions, overflow };
          map.set(name, each, value);
          return { name, each, value };
        });
        for (let window = 0; window < 3; window++)
          for (const { name, each, value } of series)
            if (isLeftOut.next().value !== true) expect(map.get(name, each)).toBe(value);
      },
    ),
  );
});

test("10,000 series are all found, and found no more when they are deleted", () => {
  const map = new SeriesMap<{ readonly i: number }>();
  const dimensionsOf = (i: number): Dimensions => [["id", String(i)]];
  for (let i = 0; i < 10_000; i++) map.set("a", { dimensions: dimensionsOf(i) }, { i });
  for (let i = 0; i < 10_000; i++) expect(map.get("a", { dimensions: dimensionsOf(i) })?.i).toBe(i);
  for (let i = 0; i < 10_000; i += 2) map.delete("a", { dimensions: dimensionsOf(i) });
  for (let i = 0; i < 10_000; i++)
    expect(map.get("a", { dimensions: dimensionsOf(i) })?.i).toBe(i % 2 === 0 ? undefined : i);
  for (let i = 0; i < 10_000; i += 2) map.set("a", { dimensions: dimensionsOf(i) }, { i });
  expect([...map.values()].map(({ i }) => i).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 10_000 }, (_, i) => i),
  );
});

test("series with equal hashes stay apart: of 400,000 series some have one", () => {
  const map = new SeriesMap<{ readonly i: number }>();
  const seriesOf = (i: number) => ({ dimensions: [["id", String(i)]] as const });
  for (let i = 0; i < 400_000; i++) map.set("a", seriesOf(i), { i });
  let found = 0;
  for (let i = 0; i < 400_000; i++) if (map.get("a", seriesOf(i))?.i === i) found++;
  expect(found).toBe(400_000);
});

test("values() gives what is there all the time exactly once, although series come and go meanwhile", () => {
  const change = fc.record({ at: fc.nat(40), id: fc.nat(60), isDeleted: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const map = new SeriesMap<{ readonly id: number }>();
      const seriesOf = (id: number) => ({ dimensions: [["id", String(id)]] as const });
      const stay = new Set<number>();
      for (let id = 0; id < 40; id++) {
        map.set("a", seriesOf(id), { id });
        stay.add(id);
      }
      const seen: number[] = [];
      for (const { id } of map.values()) {
        for (const each of changes.filter(({ at }) => at === seen.length)) {
          if (each.isDeleted) map.delete("a", seriesOf(each.id));
          else if (map.get("a", seriesOf(each.id)) === undefined)
            map.set("a", seriesOf(each.id), { id: each.id });
          stay.delete(each.id);
        }
        seen.push(id);
      }
      for (const id of stay) expect(seen.filter((each) => each === id)).toHaveLength(1);
    }),
  );
});
