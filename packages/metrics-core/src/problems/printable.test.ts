import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson } from "./printable.ts";
import { show } from "./show.ts";
import { messageOf } from "./thrown.ts";

/** What terminals and logs obey, and readers don't see. */
const dangerous = [
  "\u0000",
  "\u0007",
  "\r\n",
  "\u001b[2J",
  "\u009b31m",
  "\u2028",
  "\u2029",
  "\u202e",
  "\u2066",
  "\u200f",
  "\u061c",
  "\ufeff",
  "\u{e0041}",
  "\u{e0000}",
  "\ud800",
];
const text = fc
  .array(
    fc.oneof(fc.constantFrom(...dangerous), fc.string({ unit: "binary" }), fc.constant("👨‍👩‍👧 é")),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

const OBEYED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u{e0000}-\u{e007f}]/u;

test("what is printed is one line that no terminal obeys, as long as it may be", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (each, longest) => {
      const line = printable(each, longest);
      expect(line).not.toMatch(OBEYED);
      expect(line.length).toBeLessThanOrEqual(longest);
      expect(printable(line, longest)).toBe(line);
    }),
  );
});

test("what people write stays as it is", () => {
  for (const each of ["", "Größe 5 µs", "👨‍👩‍👧", "می‌خواهم", "a\\b \"c\" 'd'", "日本語"])
    expect(printable(each)).toBe(each);
});

test("a long text is cut before it is looked through, and marked", () => {
  const long = "\u001b".repeat(50_000_000);
  // The engine makes one piece of a text that was repeated when it is first looked into.
  expect(long.slice(-20)).toHaveLength(20);
  expect(printable(long)).toBe(" …");
  expect(printable("x".repeat(501))).toBe(`${"x".repeat(499)}…`);
  // It has the same work with a text that is 50,000 times as short.
  const short = "\u001b".repeat(1_000);
  expect(shortestTime(() => printable(long))).toBeLessThan(
    50 * shortestTime(() => printable(short)),
  );
});

test("JSON is whole, and no terminal obeys it", () => {
  fc.assert(
    fc.property(text, (each) => {
      const json = printableJson({ [each]: each });
      expect(json).not.toMatch(OBEYED);
      expect(JSON.parse(json)).toEqual({ [each]: each });
    }),
  );
});

test("values and errors are shown on a line of bounded length, whatever they are", () => {
  const circle: unknown[] = [];
  circle.push(circle, circle);
  const values: unknown[] = [
    circle,
    dangerous.join(""),
    Symbol(dangerous.join("").repeat(1_000)),
    10n ** 1_000n,
    Array.from({ length: 1_000_000 }, () => dangerous.join("")),
    null,
    NaN,
  ];
  for (const value of values) {
    expect(show(value)).not.toMatch(OBEYED);
    expect(show(value).length).toBeLessThan(250);
    expect(messageOf(value)).not.toMatch(OBEYED);
  }
  const error = new Error("x".repeat(1_000_000) + dangerous.join(""));
  expect(messageOf(error)).toHaveLength(500);
  expect(messageOf(new Error(dangerous.join("a")))).not.toMatch(OBEYED);
});

/** The shortest of many times, in milliseconds: others may keep the machine busy. */
function shortestTime(work: () => unknown): number {
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
