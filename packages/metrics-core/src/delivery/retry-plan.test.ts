import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ManualClock } from "../windows/manual-clock.ts";
import { RetryPlan } from "./retry-plan.ts";

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.5));
afterEach(() => void vi.restoreAllMocks());

function planAfter(failures: number) {
  const clock = new ManualClock();
  const plan = new RetryPlan(clock);
  for (let i = 0; i < failures; i++) plan.failed();
  return { clock, plan };
}

test("a new plan does not wait", () => {
  const { plan } = planAfter(0);
  expect([plan.waitMs, plan.vendorWaitMs, plan.failures]).toEqual([0, 0, 0]);
});

test.each([
  [1, 500],
  [2, 1_000],
  [4, 4_000],
  [20, 30_000],
])("after %i failures in a row the schedule waits %i ms, and a flush does not", (n, waitMs) => {
  const { plan } = planAfter(n);
  expect([plan.waitMs, plan.vendorWaitMs]).toEqual([waitMs, 0]);
});

test("a success ends the back-off, and progress only shortens the next one", () => {
  const { plan } = planAfter(5);
  plan.progressed();
  plan.failed();
  expect([plan.failures, plan.waitMs]).toEqual([1, 500]);
  plan.succeeded();
  expect([plan.failures, plan.waitMs]).toEqual([0, 0]);
});

test("every wait is at least what the vendor asked for, up to an hour", () => {
  const { clock, plan } = planAfter(1);
  plan.vendorAsks(20_000);
  expect([plan.waitMs, plan.vendorWaitMs, plan.closingWaitMs(1_000)]).toEqual([
    20_000, 20_000, 20_000,
  ]);
  plan.succeeded();
  expect(plan.waitMs).toBe(20_000);
  clock.block(20_000);
  expect(plan.vendorWaitMs).toBe(0);
  plan.vendorAsks(1e12);
  expect(plan.vendorWaitMs).toBe(3_600_000);
});

test("close() waits for the back-off, but no longer than half of its time, and 100 ms at least", () => {
  const { plan } = planAfter(4);
  expect(plan.closingWaitMs(60_000)).toBe(4_000);
  expect(plan.closingWaitMs(5_000)).toBe(2_500);
  expect(plan.closingWaitMs(10)).toBe(100);
});
