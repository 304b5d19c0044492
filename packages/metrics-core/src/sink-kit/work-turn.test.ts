import { expect, test } from "vitest";
import { WorkTurn } from "./work-turn.ts";

function busyUntilOver(turn: WorkTurn): void {
  while (!turn.isOver);
}

test("a turn is over after some work, and others run before the next one begins", async () => {
  const turn = new WorkTurn();
  expect(turn.isOver).toBe(false);
  busyUntilOver(turn);
  const order: string[] = [];
  setImmediate(() => order.push("other"));
  await turn.next();
  order.push("next");
  expect(order).toEqual(["other", "next"]);
  expect(turn.isOver).toBe(false);
});
