import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesGlob } from "./glob.ts";

test.each([
  ["http.*", "http.requests", true],
  ["http.*", "http.", true],
  ["http.*", "http", false],
  ["http.*", "xhttp.requests", false],
  ["*.errors", "http.errors", true],
  ["*.errors", "http.errors.total", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a.c", "abc", false],
  ["(a|b)+", "(a|b)+", true],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
])("%j and %j: %j", (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected);
});

test("matches what a regular expression does", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, name) => {
      const expression = new RegExp(`^${glob.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(matchesGlob(glob, name)).toBe(expression.test(name));
    }),
    { numRuns: 2_000 },
  );
});

test("a hostile pattern does not take forever", () => {
  expect(matchesGlob("*a".repeat(200), "a".repeat(1_000) + "b")).toBe(false);
});
