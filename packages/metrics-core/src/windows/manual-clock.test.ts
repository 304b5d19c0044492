import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("stands still until it is moved, and then moves both its times", async () => {
  const clock = new ManualClock(1_000);
  const start = clock.monotonicTime();
  expect(clock.wallTime()).toBe(1_000);
  await clock.advance(250);
  clock.block(50);
  expect([clock.wallTime(), clock.monotonicTime() - start]).toEqual([1_300, 300]);
  clock.stepWall(-300);
  expect([clock.wallTime(), clock.monotonicTime() - start]).toEqual([1_000, 300]);
});

test("fires timers in order, each at its own moment, with those that they set", async () => {
  const clock = new ManualClock(0);
  const fired: [string, number][] = [];
  const fire = (name: string) => (): void => void fired.push([name, clock.wallTime()]);
  clock.setTimer(fire("late"), 30);
  clock.setTimer(() => {
    fire("early")();
    clock.setTimer(fire("set on the way"), 5);
    clock.setTimer(fire("too late"), 100);
  }, 10);
  const cancel = clock.setTimer(fire("cancelled"), 20);
  cancel();
  await clock.advance(30);
  expect(fired).toEqual([
    ["early", 10],
    ["set on the way", 15],
    ["late", 30],
  ]);
});

test("lets awaited work continue between timers", async () => {
  const clock = new ManualClock(0);
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
  const times: number[] = [];
  void (async () => {
    for (let i = 0; i < 3; i++) {
      await wait(10);
      times.push(clock.wallTime());
    }
  })();
  await clock.advance(30);
  expect(times).toEqual([10, 20, 30]);
});

test("fires overdue timers after a block, but no cancelled ones", async () => {
  const clock = new ManualClock(0);
  const times: number[] = [];
  clock.setTimer(() => times.push(clock.wallTime()), 10);
  clock.block(100);
  expect(times).toEqual([]);
  await clock.advance(0);
  expect(times).toEqual([100]);
});

test("never goes back, even if a timer blocks past the end or two calls advance at once", async () => {
  const clock = new ManualClock(0);
  const start = clock.monotonicTime();
  clock.setTimer(() => clock.block(1_000), 10);
  await clock.advance(20);
  expect([clock.wallTime(), clock.monotonicTime() - start]).toEqual([1_010, 1_010]);
  await Promise.all([clock.advance(100), clock.advance(50)]);
  expect([clock.wallTime(), clock.monotonicTime() - start]).toEqual([1_110, 1_110]);
});

test.each([-1, NaN, Infinity])("refuses to move by %d", async (ms) => {
  const clock = new ManualClock();
  const message = `ms is ${ms}, must be a finite number, at least 0`;
  await expect(clock.advance(ms)).rejects.toThrow(new RangeError(message));
  expect(() => clock.block(ms)).toThrow(new RangeError(message));
});

test("tells which timers keep a process alive", () => {
  const clock = new ManualClock();
  clock.setTimer(() => {}, 10);
  clock.setTimer(() => {}, 10, true);
  clock.setTimer(() => {}, 10, true);
  expect([clock.pendingTimers(), clock.pendingTimers(true), clock.pendingTimers(false)]).toEqual([
    3, 2, 1,
  ]);
});
