import fc from "fast-check";
import { expect, test } from "vitest";
import { oneLine } from "./one-line.ts";

test("whatever comes from outside becomes one line of at most 500 characters that a terminal does not obey", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 700 }), (text) => {
      const line = oneLine(text);
      expect(line.length).toBeLessThanOrEqual(500);
      expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test("colours, forged lines and reversed text are removed", () => {
  expect(oneLine("a\u001b[31mred\r\nERROR forged\u202edesrever")).toBe(
    "a [31mred ERROR forged desrever",
  );
});

test("a megabyte takes no longer than a line", () => {
  const started = performance.now();
  oneLine("\u202e".repeat(1_000_000));
  expect(performance.now() - started).toBeLessThan(100);
});
