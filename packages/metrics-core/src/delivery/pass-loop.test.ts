import { expect, test } from "vitest";
import { ManualClock } from "../windows/manual-clock.ts";
import { type PassEnd, PassLoop } from "./pass-loop.ts";

function setUp() {
  const clock = new ManualClock();
  const ends: ((how: PassEnd) => void)[] = [];
  let rests = 0;
  let running = 0;
  const loop = new PassLoop(
    async () => {
      expect(++running).toBe(1);
      const how = await new Promise<PassEnd>((resolve) => ends.push(resolve));
      running--;
      return how;
    },
    () => rests++,
  );
  const end = async (how: PassEnd = "made"): Promise<void> => {
    ends.at(-1)?.(how);
    await clock.advance(0);
  };
  return { clock, loop, end, begun: () => ends.length, rests: () => rests };
}

test("requests during a pass share the next pass, which begins when the first has ended", async () => {
  const { loop, end, begun, rests } = setUp();
  const ended: string[] = [];
  void loop.request().then((how) => ended.push(`first ${how}`));
  void loop.request().then((how) => ended.push(`second ${how}`));
  void loop.request().then((how) => ended.push(`third ${how}`));
  expect([loop.isRunning, begun()]).toEqual([true, 1]);
  await end("held back");
  expect([ended, begun(), rests()]).toEqual([["first held back"], 2, 0]);
  await end();
  expect(ended).toEqual(["first held back", "second made", "third made"]);
  expect([loop.isRunning, begun(), rests()]).toEqual([false, 2, 1]);
});

test("a request at the moment when a pass ends does not begin two passes at once", async () => {
  const { loop, end, begun } = setUp();
  void loop.request().then(() => loop.request());
  void loop.request();
  await end();
  await end();
  await end();
  expect(begun()).toBe(3);
});

test("a plan is made unless a request comes first, and only once", async () => {
  const { clock, loop, end, begun } = setUp();
  loop.plan(clock, 1_000);
  loop.plan(clock, 2_000);
  await clock.advance(1_999);
  expect(begun()).toBe(0);
  await clock.advance(1);
  expect(begun()).toBe(1);
  loop.plan(clock, 10);
  expect(clock.pendingTimers()).toBe(0);
  await end();
  loop.plan(clock, 10);
  void loop.request();
  expect([begun(), clock.pendingTimers()]).toEqual([2, 0]);
  await end();
  loop.plan(clock, 10);
  loop.cancelPlan();
  expect(clock.pendingTimers()).toBe(0);
});

test("ended resolves when the loop rests, and at once if it rests already", async () => {
  const { loop, end } = setUp();
  await loop.ended;
  let isOver = false;
  void loop.request();
  void loop.request();
  void loop.ended.then(() => (isOver = true));
  await end();
  expect(isOver).toBe(false);
  await end();
  expect(isOver).toBe(true);
});
