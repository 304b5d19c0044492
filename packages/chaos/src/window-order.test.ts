import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { WindowOrder } from "./window-order.ts";

/** Gives a part of a window with these bounds. */
function give(order: WindowOrder, start: number, end: number, { last } = { last: true }): void {
  const bounds = { windowStart: start, windowEnd: end };
  const window = exampleSnapshots().map((snapshot) => ({ ...snapshot, ...bounds }));
  order.begin(window, { last });
}

test("windows that follow each other, whole and in parts, are right", () => {
  const order = new WindowOrder({ steps: 0 });
  give(order, 0, 10);
  give(order, 10, 20, { last: false });
  give(order, 10, 20, { last: false });
  give(order, 10, 20);
  order.begin([], { last: false });
  give(order, 20, 30, { last: false });
  order.begin([], { last: true });
  give(order, 30, 30);
  give(order, 30, 30);
  order.close();
  expect(order.breaches).toEqual([]);
});

test("all parts of a window must have the same bounds", () => {
  const order = new WindowOrder({ steps: 0 });
  give(order, 0, 10, { last: false });
  give(order, 0, 11, { last: false });
  give(order, 0, 10);
  expect(order.breaches).toEqual(["a window had snapshots with different bounds"]);
});

test("a part after the last one is a breach, also if the wall clock was set", () => {
  const clock = { steps: 0 };
  const order = new WindowOrder(clock);
  give(order, 0, 10);
  clock.steps++;
  give(order, 0, 10);
  expect(order.breaches).toEqual(["a part of the window from 0 to 10 came after its last part"]);
});

test("closing the sink within a window is a breach", () => {
  const order = new WindowOrder({ steps: 0 });
  give(order, 0, 10, { last: false });
  order.close();
  expect(order.breaches).toEqual(["close() was called before prepare() was given all of a window"]);
});

test("the rest of a window is empty, and last, until the sink has no more", () => {
  const order = new WindowOrder({ steps: 0 });
  give(order, 0, 10);
  order.expectMore();
  order.begin([], { last: true });
  order.expectMore();
  order.begin([], { last: true });
  order.close();
  expect(order.breaches).toEqual([]);
  order.expectMore();
  give(order, 10, 20, { last: false });
  expect(order.breaches).toEqual([
    "prepare() was given another window before all of the last one was asked for",
  ]);
});

test("a window that begins before the last one ended is a breach, unless the wall clock was set during one of them", () => {
  const clock = { steps: 0 };
  const order = new WindowOrder(clock);
  give(order, 0, 10);
  clock.steps++;
  give(order, 10, 20);
  give(order, 5, 9);
  expect(order.breaches).toEqual([]);
  give(order, 8, 20);
  give(order, 30, 20);
  expect(order.breaches).toEqual([
    "a window began at 8, before the last one ended",
    "a window was from 30 to 20",
  ]);
});
