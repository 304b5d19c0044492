import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { LeftOutWeights } from "./left-out-weights.ts";

function windowOf(values: readonly number[]) {
  const [snapshot] = exampleSnapshots({ series: [{ name: "a", kind: "distribution", values }] });
  if (snapshot === undefined) throw new Error("no snapshot");
  return snapshot;
}

test("both parts add up to the window, and the next window is whole", () => {
  const weights = new LeftOutWeights();
  const window = windowOf([1, 2, 2, 2]);
  weights.add(window, 2, 3);
  const { leftOut, others } = weights.takeFrom(window);
  expect(leftOut).toMatchObject({ count: 3, sum: 6 });
  expect(others).toMatchObject({ count: 1, sum: 1 });
  expect(weights.takeFrom(window)).toEqual({ others: window });
});

test("what was left out since the window ended is found in the next one, so that nothing counts twice", () => {
  const weights = new LeftOutWeights();
  const [first, second] = [windowOf([2, 2]), windowOf([3, 3, 3, 5])];
  weights.add(first, 2, 2);
  weights.add(second, 3, 3);
  expect(weights.takeFrom(first)).toEqual({ leftOut: first });
  const { leftOut, others } = weights.takeFrom(second);
  expect(leftOut).toMatchObject({ count: 3, sum: 9 });
  expect(others).toMatchObject({ count: 1, sum: 5 });
});
