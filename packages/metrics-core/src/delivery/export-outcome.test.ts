import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { Fate } from "./fates.ts";
import { type ExportOutcome, resolvedOutcome, thrownOutcome } from "./export-outcome.ts";

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
const [a] = given;

function fatesOf({ fates }: ExportOutcome, size = given.length): readonly Fate[] {
  return Array.from({ length: size }, (_, position) => fates.at(position));
}

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
  const outcome = resolvedOutcome(given, result);
  expect(outcome).toMatchObject({ ended: "resolved", mistakes: 1 });
  expect(fatesOf(outcome)).toEqual(["uncertain", "uncertain"]);
  expect([...outcome.rejections]).toEqual([]);
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
  const outcome = resolvedOutcome(given, result);
  expect(fatesOf(outcome)).toEqual(["delivered", "delivered"]);
  expect(outcome.mistakes).toBe(0);
});

test.each<[string, unknown, string]>([
  ["text", "bad name", "bad name"],
  ["an error", new Error("bad"), "bad"],
  ["a number", 404, "404"],
  ["a symbol", Symbol("no"), "Symbol(no)"],
])("a reason that is %s is read", (_, reason, expected) => {
  const outcome = resolvedOutcome(given, { rejected: [{ snapshot: a, reason }] });
  expect(fatesOf(outcome)).toEqual(["rejected", "delivered"]);
  expect([...outcome.rejections]).toEqual([[expected, 1]]);
  expect(outcome.mistakes).toBe(0);
});

test.each<[string, unknown]>([
  ["a promise", Promise.resolve("later")],
  ["missing", undefined],
  ["an object", {}],
])("a rejection whose reason is %s is valid, and counts as a mistake", (_, reason) => {
  const outcome = resolvedOutcome(given, { rejected: [{ snapshot: a, reason }] });
  expect(fatesOf(outcome)).toEqual(["rejected", "delivered"]);
  expect([...outcome.rejections]).toEqual([[expect.stringContaining("no reason"), 1]]);
  expect(outcome.mistakes).toBe(1);
});

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
      const { fates, rejections, retryAfterMs, mistakes } = resolvedOutcome(given, value);
      const rejected = [...rejections].reduce((sum, [, snapshots]) => sum + snapshots, 0);
      expect(fates.count("rejected")).toBe(rejected);
      expect(fates.count("delivered") + rejected + fates.offeredAgain).toBe(given.length);
      for (const [reason] of rejections) expect(typeof reason).toBe("string");
      expect(retryAfterMs).toBeGreaterThanOrEqual(0);
      expect(mistakes).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("a snapshot has the fate of the strongest list that names it, in whatever order they do", () => {
  const many = snapshots(Array.from({ length: 20 }, (_, i) => `m${i}`));
  const some = fc.array(fc.constantFrom(...many), { maxLength: 30 });
  fc.assert(
    fc.property(some, some, some, (retry, uncertain, rejected) => {
      const outcome = resolvedOutcome(many, {
        retry,
        uncertain,
        rejected: rejected.map((snapshot) => ({ snapshot, reason: snapshot.name })),
      });
      const expected = many.map((each) => {
        if (rejected.includes(each)) return "rejected";
        if (uncertain.includes(each)) return "uncertain";
        return retry.includes(each) ? "retry" : "delivered";
      });
      expect(fatesOf(outcome, many.length)).toEqual(expected);
    }),
  );
});

test("reasons are counted one by one up to ten, and the rest together", () => {
  const many = snapshots(Array.from({ length: 13 }, (_, i) => `m${i}`));
  const rejected = [...many, many[0]].map((snapshot, i) => ({ snapshot, reason: `r${i % 12}` }));
  const reasons = [...resolvedOutcome(many, { rejected }).rejections];
  expect(reasons).toHaveLength(11);
  expect(reasons[0]).toEqual(["r0", 2]);
  expect(reasons.at(-1)).toEqual(["other reasons", 2]);
});

test("an error decides by retryable alone whether it is final", () => {
  expect(fatesOf(thrownOutcome(given, new Error("down")))).toEqual(["retry", "retry"]);
  const final = Object.assign(new Error("no"), { retryable: false });
  const outcome = thrownOutcome(given, final);
  expect(fatesOf(outcome)).toEqual(["rejected", "rejected"]);
  expect([...outcome.rejections]).toEqual([["no", 2]]);
  expect(thrownOutcome(given, undefined)).toMatchObject({ ended: "threw", cause: undefined });
});
