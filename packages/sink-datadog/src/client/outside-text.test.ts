import fc from "fast-check";
import { expect, test } from "vitest";
import { outsideText } from "./outside-text.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
const show = outsideText(apiKey);

test.each([
  ["as it is", apiKey],
  ["in upper case", apiKey.toUpperCase()],
  ["in hexadecimal", Buffer.from(apiKey).toString("hex")],
  ["in base64", Buffer.from(apiKey).toString("base64")],
])("the key is masked %s", (_, form) => {
  expect(show(`before ${form} after`)).toMatch(/^before \(API key\).{0,3} after$/);
});

test("the key is masked within base64 of a longer text, whatever stands before and after it", () => {
  const text = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.constantFrom("base64", "base64url"), (before, after, encoding) => {
      const shown = show(Buffer.from(`${before}${apiKey}${after}`).toString(encoding));
      expect(shown).toContain("(API key)");
      expect(shown).not.toContain(Buffer.from(apiKey.slice(3, 27)).toString("base64").slice(0, 8));
    }),
  );
});

test("a key with special characters is masked, also where it is encoded for a URL or JSON", () => {
  const special = 'key+"\\/()[]{}^$.|?*';
  const shown = outsideText(special);
  for (const form of [special, encodeURIComponent(special), JSON.stringify(special)])
    expect(shown(`<${form}>`)).toMatch(/^<"?\(API key\)"?>$/);
});

test("the key is masked where the cut would go through it", () => {
  expect(show(`${"x".repeat(490)}${apiKey}`)).toBe(`${"x".repeat(490)}(API key)`);
  expect(show(`${"x".repeat(95)}${apiKey}`, 100)).toBe(`${"x".repeat(95)}(API `);
});

test("control, line and bidirectional characters become spaces", () => {
  expect(show("a\u001b[31mb\r\nc\u2028d\u202ee\u0000f\ud800g é漢😀")).toBe(
    "a [31mb  c d e f g é漢😀",
  );
});

test.each(["=", "A", "\u202e", "0", "0123456789abcdef0123456789abcde", "\\", "😀"])(
  "64 KiB of %j are shown in a moment, cut to 500 characters",
  (piece) => {
    const text = piece.repeat(65_536 / piece.length);
    const start = performance.now();
    expect(show(text)).toHaveLength(500);
    expect(performance.now() - start).toBeLessThan(1_000);
  },
);
