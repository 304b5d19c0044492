import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { resolvedOutcome, thrownOutcome } from "./export-outcome.ts";

function snapshots(names: readonly string[]): readonly MetricSnapshot[] {
  return names.map((name) => ({
    name,
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    last: 1,
    dimensions: [],
    windowStart: 0,
    windowEnd: 1,
  }));
}

const given = snapshots(["a", "b"]);
const [a, b] = given;

test.each<[string, unknown]>([
  ["an array, as of what failed", [a]],
  ["an empty array", []],
  ["a number", 5],
  ["text", "ok"],
  ["true", true],
  ["false", false],
  ["a symbol", Symbol("done")],
  ["a function", () => {}],
  ["an object without any known member", { failed: [a] }],
  ["a set", new Set([a])],
  ["a response", new Response()],
  ["a date", new Date()],
  ["a list that is none", { retry: 5 }],
  ["a list that is a promise", { retry: Promise.resolve([a]) }],
  ["a revoked proxy", revoked()],
])("a result that is %s leaves the outcome unknown, and is one mistake", (_, result) => {
  const { retry, uncertain, ...others } = resolvedOutcome(given, result);
  expect(others).toMatchObject({ ended: "resolved", rejected: new Map(), mistakes: 1 });
  expect([...retry]).toEqual(given);
  expect([...uncertain]).toEqual(given);
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["an empty object", {}],
  ["an object whose members are undefined", { retry: undefined, cause: undefined }],
])("%s means that everything was delivered", (_, result) => {
  expect(resolvedOutcome(given, result)).toMatchObject({
    retry: new Set(),
    rejected: new Map(),
    mistakes: 0,
  });
});

test.each<[string, unknown, string]>([
  ["text", "bad name", "bad name"],
  ["an error", new Error("bad"), "bad"],
  ["a number", 404, "404"],
  ["a symbol", Symbol("no"), "Symbol(no)"],
])("a reason that is %s is read", (_, reason, expected) => {
  const outcome = resolvedOutcome(given, { rejected: [{ snapshot: a, reason }] });
  expect([...outcome.rejected]).toEqual([[a, expected]]);
  expect(outcome.mistakes).toBe(0);
});

test.each<[string, unknown]>([
  ["a promise", Promise.resolve("later")],
  ["missing", undefined],
  ["an object", {}],
])("a rejection whose reason is %s is valid, and counts as a mistake", (_, reason) => {
  const outcome = resolvedOutcome(given, { rejected: [{ snapshot: a, reason }] });
  expect([...outcome.rejected.keys()]).toEqual([a]);
  expect(outcome.rejected.get(a ?? b ?? given[0] ?? fail())).toContain("no reason");
  expect(outcome.mistakes).toBe(1);
});

function fail(): never {
  throw new Error("there is no snapshot");
}

test("promises in a value's place are mistakes, and their rejections do not reach the process", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const late = (): Promise<never> => Promise.reject(new Error("late"));
  const results = [
    { retry: late() },
    { retry: [late()], uncertain: [late()], rejected: [late()] },
    { rejected: [{ snapshot: a, reason: late() }] },
    { rejected: [{ snapshot: late(), reason: "r" }] },
    { rejected: [{ snapshot: a, reason: late() }], retry: 5 },
    { retry: [a], cause: late() },
    { retryAfterMs: late() },
    [late()],
  ];
  const outcomes = results.map((result) => resolvedOutcome(given, result));
  expect(outcomes.map(({ mistakes }) => mistakes)).toEqual([1, 3, 1, 1, 1, 1, 1, 1]);
  expect(outcomes[5]?.cause).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("whatever an export resolves with, each snapshot has one outcome", () => {
  const member = fc.oneof(fc.constantFrom<unknown>(...given, { ...a }, null), fc.anything());
  const list = fc.oneof(fc.array(member), fc.anything());
  const result = fc.oneof(
    fc.anything({ withNullPrototype: true }),
    fc.record(
      {
        retry: list,
        uncertain: list,
        rejected: fc.oneof(
          fc.array(fc.oneof(fc.record({ snapshot: member, reason: fc.anything() }), member)),
          fc.anything(),
        ),
        retryAfterMs: fc.anything(),
        cause: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(result, (value) => {
      const { retry, uncertain, rejected, retryAfterMs, mistakes } = resolvedOutcome(given, value);
      for (const each of given) expect(retry.has(each) && rejected.has(each)).toBe(false);
      for (const each of [...retry, ...rejected.keys()]) expect(given).toContain(each);
      for (const each of uncertain) expect(retry.has(each)).toBe(true);
      for (const reason of rejected.values()) expect(typeof reason).toBe("string");
      expect(retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(mistakes).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("an error decides by retryable alone whether it is final", () => {
  expect([...thrownOutcome(given, new Error("down")).retry]).toEqual(given);
  const final = Object.assign(new Error("no"), { retryable: false });
  expect([...thrownOutcome(given, final).rejected.values()]).toEqual(["no", "no"]);
  expect(thrownOutcome(given, undefined)).toMatchObject({ ended: "threw", cause: undefined });
});
