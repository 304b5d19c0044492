import { ManualClock } from "@aiokpl/metrics-core/testing";
import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("records come at the rate, without very short pauses", async () => {
  const clock = new ManualClock();
  const start = clock.monotonicTime();
  const pace = new Pace(500, clock);
  for (let i = 0; i < 1_000; i++) await clock.advance(pace.next());
  expect(clock.monotonicTime() - start).toBeGreaterThan(1_990);
  expect(clock.monotonicTime() - start).toBeLessThan(2_010);
});

test("a long delay is not followed by a burst", async () => {
  const clock = new ManualClock();
  const pace = new Pace(100, clock);
  pace.next();
  await clock.advance(60_000);
  let burst = 0;
  while (pace.next() === 0) burst++;
  expect(burst).toBeLessThan(30);
});

test("without a limit there is never a pause", () => {
  const pace = new Pace(Infinity, new ManualClock());
  for (let i = 0; i < 100; i++) expect(pace.next()).toBe(0);
});
