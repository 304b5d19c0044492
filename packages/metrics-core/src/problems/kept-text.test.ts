import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedText, flatCopy, LONGEST_TEXT } from "./kept-text.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MEGABYTE = 2 ** 20;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("__proto__", "constructor", "1234567890123", "12", "\ud800".repeat(20)),
  fc.string({ unit: "binary", minLength: 1_000, maxLength: 1_100 }),
);

test("a copy is the same text", () => {
  fc.assert(
    fc.property(text, (each) => {
      expect(flatCopy(each)).toBe(each);
    }),
  );
});

test("a text of at most 1,024 code units stays, a longer one is cut and marked, and no character is cut in two", () => {
  fc.assert(
    fc.property(text, (each) => {
      const bounded = boundedText(each);
      if (each.length <= LONGEST_TEXT) {
        expect(bounded).toBe(each);
        return;
      }
      expect(bounded.length).toBeLessThanOrEqual(LONGEST_TEXT);
      expect(bounded.length).toBeGreaterThanOrEqual(LONGEST_TEXT - 1);
      expect(bounded.endsWith("…")).toBe(true);
      expect(each.startsWith(bounded.slice(0, -1))).toBe(true);
    }),
  );
  expect(boundedText("🎈".repeat(1_000))).not.toMatch(/\p{Cs}/u);
  expect(boundedText(`x${"🎈".repeat(1_000)}`)).not.toMatch(/\p{Cs}/u);
});

test("a copy of a slice doesn't keep what it is a slice of", () => {
  const body = (i: number): string => `${i}`.padStart(8, "0").padEnd(MEGABYTE, String(i % 10));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 50 }, (_, i) => flatCopy(body(i).slice(0, 40)));
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5 * MEGABYTE);
  expect(kept[49]).toHaveLength(40);
});
