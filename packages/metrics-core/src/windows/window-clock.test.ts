import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { finiteClock } from "./finite-clock.ts";
import { WindowClock } from "./window-clock.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOON = Date.UTC(2030, 0, 1, 12);

test("windows end on multiples of the interval, and the first may be shorter", () => {
  const clock = new ManualClock(NOON + 12_345);
  const windows = new WindowClock(clock, 60_000);
  expect(windows.remainingMs).toBe(60_000 - 12_345);
  clock.block(windows.remainingMs + 7);
  expect(windows.remainingMs).toBe(0);
  expect(windows.endOnGrid()).toEqual({ windowStart: NOON + 12_345, windowEnd: NOON + 60_000 });
  expect(windows.remainingMs).toBe(60_000 - 7);
});

test("a blocked event loop makes one longer window that still ends on the grid", () => {
  const clock = new ManualClock(NOON);
  const windows = new WindowClock(clock, 10_000);
  clock.block(34_567);
  expect(windows.endOnGrid()).toEqual({ windowStart: NOON, windowEnd: NOON + 30_000 });
  expect(windows.peek()).toEqual({ windowStart: NOON + 30_000, windowEnd: NOON + 34_567 });
});

test("a flush ends the window early, and the next one ends on the grid again", () => {
  const clock = new ManualClock(NOON);
  const windows = new WindowClock(clock, 10_000);
  clock.block(1_500);
  expect(windows.endNow()).toEqual({ windowStart: NOON, windowEnd: NOON + 1_500 });
  expect(windows.remainingMs).toBe(8_500);
});

test("flushes within one millisecond give windows that share no timestamp", () => {
  const windows = new WindowClock(new ManualClock(NOON), 10_000);
  const [first, second] = [windows.endNow(), windows.endNow()];
  expect(first.windowEnd).toBeGreaterThan(first.windowStart);
  expect(second.windowStart).toBe(first.windowEnd);
});

test.each([
  ["an hour back", -HOUR_MS],
  ["a day forward", DAY_MS],
])(
  "a wall clock that steps %s leaves the window its true length and starts a new grid",
  (_, stepMs) => {
    const clock = new ManualClock(NOON);
    const windows = new WindowClock(clock, 60_000);
    clock.block(20_000);
    clock.stepWall(stepMs);
    expect(windows.remainingMs).toBe(0);
    expect(windows.endOnGrid()).toEqual({ windowStart: NOON, windowEnd: NOON + 20_000 });
    clock.block(5_000);
    expect(windows.peek()).toEqual({
      windowStart: NOON + 20_000 + stepMs,
      windowEnd: NOON + 25_000 + stepMs,
    });
  },
);

test("a small step back neither ends a window before its start nor repeats one", () => {
  const clock = new ManualClock(NOON + 30_000);
  const windows = new WindowClock(clock, 60_000);
  clock.block(30_000);
  const first = windows.endOnGrid();
  clock.stepWall(-40_000);
  expect(windows.peek().windowEnd).toBe(windows.peek().windowStart);
  expect(windows.remainingMs).toBe(100_000);
  clock.block(100_000);
  expect(windows.endOnGrid()).toEqual({
    windowStart: first.windowEnd,
    windowEnd: first.windowEnd + 60_000,
  });
});

test("many flushes within a millisecond do not run ahead of the clock", () => {
  const clock = new ManualClock(NOON);
  const windows = new WindowClock(clock, 10_000);
  let end = 0;
  for (let i = 0; i < 1_000; i++) end = windows.endNow().windowEnd;
  expect(end).toBe(NOON + 1);
});

test("without an interval only flushes end windows, and large steps are still noticed", () => {
  const clock = new ManualClock(NOON);
  const windows = new WindowClock(clock, 0);
  clock.block(3_000);
  expect(windows.endNow()).toEqual({ windowStart: NOON, windowEnd: NOON + 3_000 });
  clock.block(1_000);
  clock.stepWall(-HOUR_MS);
  expect(windows.endNow()).toEqual({ windowStart: NOON + 3_000, windowEnd: NOON + 4_000 });
});

test("whatever the clocks do, windows are ordered and contiguous, and only a wall clock that was set starts a new grid", () => {
  const step = fc.record({
    elapsedMs: fc.integer({ min: 0, max: 200_000 }),
    wallStepMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -50_000, max: 50_000 }),
      fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }),
    ),
    onGrid: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0, 1_000, 60_000),
      (steps, intervalMs) => {
        const clock = new ManualClock(NOON + 1_234);
        const windows = new WindowClock(clock, intervalMs);
        let expectedStart = NOON + 1_234;
        let steppedMs = 0;
        for (const { elapsedMs, wallStepMs, onGrid } of steps) {
          clock.block(elapsedMs);
          clock.stepWall(wallStepMs);
          steppedMs += wallStepMs;
          if (onGrid && (intervalMs === 0 || windows.remainingMs > 0)) continue;
          const { windowStart, windowEnd } = onGrid ? windows.endOnGrid() : windows.endNow();
          const wasSet = Math.abs(steppedMs) > (intervalMs || 60_000);
          expect(windowStart).toBe(expectedStart);
          expect(windowEnd).toBeGreaterThanOrEqual(windowStart);
          if (onGrid && !wasSet) expect(windowEnd % intervalMs).toBe(0);
          expectedStart = wasSet ? clock.wallTime() : windowEnd;
          steppedMs = 0;
        }
        expect(windows.peek().windowStart).toBe(expectedStart);
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each([NaN, Infinity, -Infinity])(
  "a wall time of %d is replaced by the last good one and the time since",
  (wrong) => {
    const clock = new ManualClock(NOON);
    let isWrong = false;
    const windows = new WindowClock(
      finiteClock({
        wallTime: () => (isWrong ? wrong : clock.wallTime()),
        monotonicTime: () => clock.monotonicTime(),
        setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
      }),
      10_000,
    );
    clock.block(4_000);
    isWrong = true;
    expect(windows.remainingMs).toBe(6_000);
    expect(windows.peek()).toEqual({ windowStart: NOON, windowEnd: NOON + 4_000 });
    clock.block(8_000);
    expect(windows.endOnGrid()).toEqual({ windowStart: NOON, windowEnd: NOON + 10_000 });
    isWrong = false;
    expect(windows.remainingMs).toBe(8_000);
    clock.block(8_000);
    expect(windows.endOnGrid()).toEqual({ windowStart: NOON + 10_000, windowEnd: NOON + 20_000 });
    isWrong = true;
    windows.restart();
    expect(windows.peek().windowStart).toBe(NOON + 20_000);
  },
);

test("a wall time that is wrong at first does not disturb the schedule once it is right", () => {
  const clock = new ManualClock(NOON);
  let wall: () => number = () => NaN;
  const windows = new WindowClock(
    finiteClock({
      wallTime: () => wall(),
      monotonicTime: () => clock.monotonicTime(),
      setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
    }),
    10_000,
  );
  expect(windows.remainingMs).toBeGreaterThanOrEqual(0);
  wall = () => clock.wallTime();
  expect(windows.remainingMs).toBe(0);
  const { windowStart, windowEnd } = windows.endOnGrid();
  expect(windowEnd).toBeGreaterThanOrEqual(windowStart);
  expect(windows.peek().windowStart).toBe(NOON);
});
