import fc from "fast-check";
import { expect, test } from "vitest";
import { masked } from "./masked.ts";

const secret = "tok-4f9a2c77b1";

test.each([
  ["as it is", secret],
  ["in upper case", secret.toUpperCase()],
  ["URL-encoded", encodeURIComponent(`${secret}/+`)],
  ["in base64", Buffer.from(secret).toString("base64")],
  ["in hexadecimal", Buffer.from(secret).toString("hex")],
])("a secret is masked %s", (_, form) => {
  expect(masked(`before ${form} after`, [secret, `${secret}/+`])).toMatch(
    /^before \*\*\*\w?=* after$/,
  );
});

test("a secret within longer base64 is masked, whatever stands before it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
      const bytes = Buffer.concat([before, Buffer.from(secret + after)]);
      const shown = masked(bytes.toString("base64"), [secret]);
      expect(shown).toContain("***");
    }),
  );
});

test("no part of a secret is left where a long text is cut", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16_350, max: 16_390 }), (length) => {
      const shown = masked("x".repeat(length) + secret, [secret]);
      expect(shown).not.toContain("t");
    }),
  );
});

test("text without a secret stays, and short values mask nothing", () => {
  expect(masked("a 7 is a 7", ["7", ""])).toBe("a 7 is a 7");
  expect(masked("a.b", ["a.b.c.d"])).toBe("a.b");
});
