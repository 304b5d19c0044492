import fc from "fast-check";
import { expect, test } from "vitest";
import { type Line, LineSplitter } from "./line-splitter.ts";

function split(maxBytes: number, ...chunks: readonly (string | Buffer)[]): (string | number)[] {
  const splitter = new LineSplitter(maxBytes);
  const lines: Line[] = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  const last = splitter.end();
  if (last !== undefined) lines.push(last);
  return lines.map((line) => {
    if (line.kind === "record") return line.data.toString("latin1");
    return line.kind === "empty" ? "" : line.bytes;
  });
}

test("a line ends with \\n, with \\r\\n or at the end of the input", () => {
  expect(split(10, "a\nb\r\n\n\r\nc")).toEqual(["a", "b", "", "", "c"]);
  expect(split(10, "a\n")).toEqual(["a"]);
  expect(split(10, "")).toEqual([]);
});

test("a carriage return within a line is data", () => {
  expect(split(10, "a\rb\n\r\r\n")).toEqual(["a\rb", "\r"]);
});

test("bytes that are not UTF-8 stay as they are", () => {
  expect(split(10, Buffer.from([0xff, 0x00, 0xc3, 0x0a]))).toEqual(["\u00ff\u0000\u00c3"]);
});

test("a line of exactly the limit passes, whatever ends it; one byte more is refused with its length", () => {
  expect(split(3, "abc\nabc\r\nabc")).toEqual(["abc", "abc", "abc"]);
  expect(split(3, "abcd\nok\nabcd\r\nabcd")).toEqual([4, "ok", 4, 4]);
});

test("an endless line is not kept in memory", () => {
  const splitter = new LineSplitter(1_000);
  const chunk = Buffer.alloc(1 << 20, "x");
  for (let i = 0; i < 4_096; i++) expect(splitter.push(chunk)).toEqual([]);
  expect(splitter.push(Buffer.from("\nnext\n"))).toEqual([
    { kind: "oversize", lineNumber: 1, bytes: 2 ** 32 },
    { kind: "record", data: Buffer.from("next") },
  ]);
});

test("lines are the same wherever the chunks end", () => {
  const byte = fc.constantFrom(0x0a, 0x0d, 0x61, 0x62, 0xff);
  fc.assert(
    fc.property(
      fc.array(fc.array(byte, { maxLength: 8 })),
      fc.integer({ min: 1, max: 5 }),
      (parts, maxBytes) => {
        const chunks = parts.map((part) => Buffer.from(part));
        expect(split(maxBytes, ...chunks)).toEqual(split(maxBytes, Buffer.concat(chunks)));
      },
    ),
  );
});
