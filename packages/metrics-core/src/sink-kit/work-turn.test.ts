import { expect, test } from "vitest";
import { WorkTurn } from "./work-turn.ts";

test("a turn is over after some work, and others run before the next one begins", async () => {
  const turn = new WorkTurn();
  while (!turn.isOver);
  const order: string[] = [];
  setImmediate(() => order.push("other"));
  await turn.next();
  order.push("next");
  expect(order).toEqual(["other", "next"]);
});

test("the next turn begins with all of its time", async () => {
  // More than once, since a busy machine may take the time away before it is looked at.
  for (let attempt = 0; attempt < 100; attempt++) {
    const turn = new WorkTurn();
    while (!turn.isOver);
    await turn.next();
    if (!turn.isOver) return;
  }
  expect.unreachable("each turn was over when it began");
});
