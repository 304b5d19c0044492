import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect, test } from "vitest";
import { withoutTracing } from "./without-tracing.ts";

const api = Symbol.for("opentelemetry.js.api.1");
const key = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

afterEach(() => {
  Reflect.deleteProperty(globalThis, api);
});

/** Registers a context manager as OpenTelemetry's API does, and returns how to read the key from it. */
function register(): () => unknown {
  const storage = new AsyncLocalStorage<ReadonlyMap<symbol, unknown>>();
  const active = () => storage.getStore() ?? new Map<symbol, unknown>();
  const manager = {
    active: () => ({
      setValue: (name: symbol, value: unknown) => new Map([...active(), [name, value]]),
    }),
    with: <T>(context: ReadonlyMap<symbol, unknown>, call: () => T): T =>
      storage.run(context, call),
  };
  Reflect.set(globalThis, api, { version: "1.10.0", context: manager });
  return () => active().get(key);
}

test("without OpenTelemetry the function is called as it is", () => {
  expect(withoutTracing(() => 5)).toBe(5);
});

test.each([["nothing"], [{}], [{ context: {} }], [{ context: null }]])(
  "with %o where the API registers itself, the function is called as it is",
  (registered) => {
    Reflect.set(globalThis, api, registered);
    expect(withoutTracing(() => 5)).toBe(5);
  },
);

test("the key is set within the function, whatever it waits for, and nowhere else", async () => {
  const read = register();
  const within = withoutTracing(async () => {
    await Promise.resolve();
    return read();
  });
  expect(read()).toBeUndefined();
  expect(await within).toBe(true);
});

test("what the function throws is thrown", () => {
  register();
  const call = () =>
    withoutTracing(() => {
      throw new Error("from the function");
    });
  expect(call).toThrow("from the function");
});
