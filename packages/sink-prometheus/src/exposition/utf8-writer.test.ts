import fc from "fast-check";
import { expect, test } from "vitest";
import { Utf8Writer } from "./utf8-writer.ts";

const number = fc.oneof(
  fc.nat(20),
  fc.maxSafeNat(),
  fc.double(),
  fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }),
  fc.nat(15).map((power) => 10 ** power),
  fc.nat(15).map((power) => 10 ** power - 1),
);
const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 20 }), fc.string({ maxLength: 40 }));

test("lines and texts are written as JavaScript writes them, in chunks of any number", () => {
  const line = fc.tuple(text, number);
  const step = fc.oneof(
    text,
    fc.record({ beginning: text, lines: fc.array(line, { minLength: 1 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 300 }), (steps, times) => {
      const writer = new Utf8Writer();
      let expected = "";
      for (let i = 0; i < times; i++)
        for (const each of steps) {
          if (typeof each === "string") {
            writer.write(each);
            expected += each;
          } else {
            const { beginning, lines } = each;
            writer.writeLines(
              beginning,
              lines.map(([own]) => own),
              lines.map(([, value]) => value),
            );
            for (const [own, value] of lines) expected += `${beginning}${own}${value}\n`;
          }
        }
      const written = Buffer.concat(writer.chunks());
      expect(written.equals(Buffer.from(expected))).toBe(true);
    }),
  );
});
