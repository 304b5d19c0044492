import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { isFinal, isThenable, messageOf, quieten, textOf } from "./thrown.ts";

const trap = (): never => {
  throw new Error("trap");
};

function withProperty(target: object, name: string, descriptor: PropertyDescriptor): object {
  return Object.defineProperty(target, name, descriptor);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  return proxy;
}

function cyclic(): Error {
  const error = new Error("outer");
  error.cause = new Error("inner", { cause: error });
  return error;
}

test.each<[string, unknown, string]>([
  ["an error", new Error("down"), "down"],
  ["text", "down", "down"],
  ["an error of another realm", runInNewContext("new Error('far')"), "far"],
  ["an object with a message", { message: "plain" }, "plain"],
  [
    "an error with a code alone",
    Object.assign(new Error(), { code: "ECONNREFUSED" }),
    "ECONNREFUSED",
  ],
  ["an error with nothing but a name", new TypeError(), "TypeError"],
  ["an error whose causes form a cycle", cyclic(), "outer"],
  ["null", null, "a thrown null"],
  ["undefined", undefined, "a thrown undefined"],
  ["a number", 5, "a thrown number"],
  ["an object", {}, "a thrown object"],
  ["an object without a prototype", Object.create(null), "a thrown object"],
  [
    "a message that is a symbol",
    withProperty(new Error(), "message", { value: Symbol("s") }),
    "Symbol(s)",
  ],
  [
    "a message without a prototype",
    Object.assign(withProperty(new Error(), "message", { value: Object.create(null) }), {
      name: "Odd",
    }),
    "Odd",
  ],
  [
    "a message that can't be got",
    withProperty(new Error(), "message", { get: trap }),
    "an error that can't be read",
  ],
  [
    "a proxy with traps",
    new Proxy({}, { has: trap, get: trap, getPrototypeOf: trap }),
    "an error that can't be read",
  ],
  ["a revoked proxy", revoked(), "an error that can't be read"],
  [
    "a message whose toString throws",
    { message: { toString: trap, valueOf: trap }, name: { toString: trap } },
    "an error that can't be read",
  ],
])("the message of %s can be read", (_, thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});

test("whatever is thrown has a message", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true }), (message) => {
      expect(typeof messageOf(message)).toBe("string");
      expect(typeof messageOf(withProperty(new Error(), "message", { value: message }))).toBe(
        "string",
      );
      expect(typeof messageOf({ message })).toBe("string");
      expect([true, false]).toContain(isFinal(message));
      expect([true, false]).toContain(isThenable(message));
      expect(["string", "undefined"]).toContain(typeof textOf(message));
    }),
  );
});

test.each<[string, unknown, string | undefined]>([
  ["text", "bad name", "bad name"],
  ["a number", 404, "404"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an error", new Error("bad"), "bad"],
  ["undefined", undefined, undefined],
  ["an object", {}, undefined],
  ["a revoked proxy", revoked(), undefined],
  ["a promise", Promise.resolve("later"), undefined],
])("the text of %s", (_, value, expected) => {
  expect(textOf(value)).toBe(expected);
});

test("a quietened rejection does not reach the process, whatever the promise's own methods do", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const odd = Promise.reject(new Error("odd"));
  withProperty(odd, "then", { value: () => {} });
  withProperty(odd, "catch", { value: trap });
  const thenable = withProperty({}, "then", { value: trap });
  for (const value of [Promise.reject(new Error("plain")), odd, thenable, revoked(), 5, null])
    quieten(value);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
