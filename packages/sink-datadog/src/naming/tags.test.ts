import fc from "fast-check";
import { expect, test } from "vitest";
import { normalisedDimensions, tagsOf, withoutCommon } from "./tags.ts";

const none = { tags: new Map<string, string>(), host: undefined };
const quiet = (_message: string): void => {};
const one = (name: string, value: string, warn = quiet) =>
  tagsOf(normalisedDimensions([[name, value]], warn), none).tags;

test.each([
  ["route", "/orders", "route:/orders"],
  ["Country", "PT", "country:pt"],
  ["a b", "c|d", "a_b:c_d"],
  ["a:b", "c:d", "a_b:c:d"],
  ["größe", "ähnlich", "größe:ähnlich"],
  ["1st", "x", "tag_1st:x"],
  ["_x", "y", "tag__x:y"],
  ["k", "v::", "k:v"],
  ["emoji", "👍", "emoji:_"],
  ["lone", "\ud800", "lone:_"],
])("Tags: %s=%s is %s", (name, value, tag) => {
  expect(one(name, value)).toEqual([tag]);
});

test("Tags: a value without any allowed character leaves its tag out, with a warning", () => {
  const warnings: string[] = [];
  expect(one("k", "::", (warning) => warnings.push(warning))).toEqual([]);
  expect(warnings).toEqual([
    "the dimension k is left out: no character of its value is allowed in a tag",
  ]);
});

test("Tags: a tag is cut to 200 characters, with a warning", () => {
  const warnings: string[] = [];
  const [tag] = one("k", "x".repeat(300), (warning) => warnings.push(warning));
  expect([tag?.length, warnings.length]).toEqual([200, 1]);
});

test("Tags: the dimension host becomes the host", () => {
  const dimensions = normalisedDimensions([["host", "Web-1\n"]], quiet);
  expect(tagsOf(dimensions, none)).toMatchObject({ tags: [], host: "Web-1_" });
});

test("Tags: host, Host and HOST are one dimension", () => {
  const dimensions = [
    ["HOST", "a"],
    ["Host", "b"],
    ["host", "c"],
  ] as const;
  const one = normalisedDimensions(dimensions, quiet);
  expect(one).toEqual([["host", "c"]]);
});

test("Two series equal after normalisation: a dimension that repeats a common tag is left out", () => {
  const common = { tags: new Map([["env", "prod"]]), host: "h" };
  const shard = ["shard", "1"] as const;
  expect(withoutCommon([["env", "prod"], ["host", "h"], shard], common)).toEqual([shard]);
  const different = [["env", "test"], ["host", "other"], shard] as const;
  expect(withoutCommon(different, common)).toBe(different);
  // Both values must arrive, so neither may be left out.
  const both = [
    ["env", "prod"],
    ["env", "test"],
  ] as const;
  expect(withoutCommon(both, common)).toBe(both);
});

test("Tags: a series' own tags win over the common ones", () => {
  const tags = new Map([
    ["env", "prod"],
    ["team", "a"],
  ]);
  const common = { tags, host: "h" };
  expect(tagsOf([["env", "test"]], common)).toMatchObject({
    tags: ["env:test", "team:a"],
    host: "h",
  });
  expect(tagsOf([["host", "other"]], common).host).toBe("other");
});

test("normalising twice changes nothing more", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 250 });
  fc.assert(
    fc.property(fc.dictionary(text, text, { maxKeys: 5 }), (record) => {
      const once = normalisedDimensions(Object.entries(record), quiet);
      expect(normalisedDimensions(once, quiet)).toBe(once);
      const { tags } = tagsOf(once, none);
      expect(tags).toEqual([...new Set(tags)].toSorted((a, b) => (a < b ? -1 : 1)));
      for (const tag of tags) {
        expect(tag).toMatch(/^\p{L}[\p{L}\p{N}_\-./]*:[\p{L}\p{N}_\-:./]*[\p{L}\p{N}_\-./]$/u);
        expect(tag.length).toBeLessThanOrEqual(200);
      }
    }),
    { numRuns: 200 },
  );
});
