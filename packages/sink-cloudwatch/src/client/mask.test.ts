import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "../clean-text.ts";
import { masked, secretsOfSettings } from "./mask.ts";

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const secret = fc.string({ unit: "grapheme-ascii", minLength: 8, maxLength: 200 });

test("a masked text has the secret in no form, whatever stands around it", () => {
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (each, before, after) => {
      // What masks is no secret itself.
      fc.pre(!"***".includes(each.trim()) && !each.includes("*") && !each.includes("//"));
      for (const form of [each, each.toUpperCase(), encodeURIComponent(each)])
        expect(masked(`${before}${form}${after}`, [each])).not.toContain(form);
    }),
  );
});

test("user names and passwords in URLs are masked without being known", () => {
  expect(masked("via http://me:hunter2@proxy:1/a@b", [])).toBe("via http://***@proxy:1/a@b");
});

test("the secrets of settings are those of the option and of the environment", () => {
  const env = { AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c", AWS_ACCESS_KEY_ID: "id" };
  expect(secretsOfSettings({ secretAccessKey: "a", accessKeyId: "id" }, env)).toEqual([
    "a",
    "b",
    "c",
  ]);
  expect(secretsOfSettings(async () => ({}), {})).toEqual([]);
});

test("a clean text is at most as long as it may be, on one line, and steers no terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, most) => {
      const clean = cleanText(`${text}\u001b[31m\u2028\u202e`, most);
      expect(clean.length).toBeLessThanOrEqual(most + 1);
      expect(UNPRINTABLE.test(clean)).toBe(false);
    }),
  );
});
