import { inspect } from "node:util";
import { expect, test } from "vitest";
import { plainError, reasonOf } from "./plain-error.ts";

const show = (text: string): string => text.replaceAll("secret", "***").slice(0, 500);

test("names, messages and codes are kept, and nothing else", () => {
  const cause = Object.assign(new Error("reset by secret"), {
    code: "ECONNRESET",
    socket: { header: "secret" },
    data: "secret",
  });
  Object.defineProperty(cause, "hidden", { value: "secret", enumerable: false });
  const copy = plainError(new TypeError("fetch failed", { cause }), show);
  expect(copy).toMatchObject({
    name: "TypeError",
    message: "fetch failed",
    cause: { code: "ECONNRESET", message: "reset by ***" },
  });
  expect(inspect(copy, { showHidden: true, depth: Infinity })).not.toContain("secret");
});

test("a circle of causes ends, and what can't be read is no error", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  expect(plainError(circle, show).message).toBe("circle");
  const odd = new Error("odd");
  Object.defineProperty(odd, "message", {
    get: () => {
      throw new Error("from the getter");
    },
  });
  expect(plainError(odd, show).message).toBe("an error that can't be read");
  expect(plainError("text", show).message).toBe("text");
});

test("the reason is the innermost cause's, with its code", () => {
  const refused = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  expect(reasonOf(new Error("fetch failed", { cause: refused }))).toBe("ECONNREFUSED");
  expect(reasonOf(Object.assign(new Error("read"), { code: "EIO" }))).toBe("EIO read");
  expect(reasonOf(Object.assign(new Error("EIO: read"), { code: "EIO" }))).toBe("EIO: read");
});
