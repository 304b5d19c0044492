import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SHORTEST_SECRET, pathToSecret } from "./secret-search.ts";

const anySecret = fc.string({ minLength: SHORTEST_SECRET, unit: "grapheme" });
const anyText = fc.string({ unit: "grapheme" });

describe("pathToSecret()", () => {
  it("finds any secret in any text, in base64 too wherever it begins", () => {
    fc.assert(
      fc.property(anySecret, anyText, anyText, (secret, before, after) => {
        const text = `${before}${secret}${after}`;
        for (const shown of [
          text,
          Buffer.from(text).toString("base64"),
          Buffer.from(text).toString("base64url"),
          Buffer.from(text).toString("hex").toUpperCase(),
          JSON.stringify(text),
        ])
          expect(pathToSecret({ shown }, [secret])).toBe(".shown");
      }),
    );
  });

  it("finds nothing in other text", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-m]{8,20}$/),
        fc.stringMatching(/^[n-z]*$/),
        (secret, text) => {
          expect(pathToSecret(new Error(text, { cause: [text] }), [secret])).toBeUndefined();
        },
      ),
    );
  });

  it("names the path to what it finds", () => {
    const secret = "a-secret-token";
    const hidden = Object.defineProperty({}, "$response", {
      value: { headers: new Map([["x-token", secret]]) },
    });
    const error = new Error("refused", { cause: hidden });
    expect(pathToSecret(error, [secret])).toBe(".cause.$response.headers.values()");
  });

  it("reads cycles, getters that throw and objects without a prototype", () => {
    const cycle: Record<string, unknown> = { bare: Object.create(null) as unknown };
    cycle["self"] = cycle;
    Object.defineProperty(cycle, "broken", {
      enumerable: true,
      get() {
        throw new Error("another-secret");
      },
    });
    expect(pathToSecret(cycle, ["a-secret-token"])).toBeUndefined();
    expect(pathToSecret(cycle, ["another-secret"])).toMatch(/broken/);
  });
});
