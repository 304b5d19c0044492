import { expect, test } from "vitest";
import { maskSecrets } from "./mask-secrets.ts";
import { maskedExcerpt } from "./masked-excerpt.ts";

const secret = "0123456789abcdef";
const mask = maskSecrets([secret]);

test.each([
  ["no", 5, "no"],
  ["exact", 5, "exact"],
  ["longer", 5, "long…"],
  [`${secret} and more`, 5, "***…"],
  [`a\u001b[2J\r\nb ${secret}`, 500, "a [2J b ***"],
])("of %j at most %i characters are shown, masked and on one line", (text, longest, shown) => {
  expect(maskedExcerpt(text, mask, longest)).toBe(shown);
});

test("by default 500 characters are shown", () => {
  expect(maskedExcerpt("x".repeat(501), mask)).toBe(`${"x".repeat(499)}…`);
});
