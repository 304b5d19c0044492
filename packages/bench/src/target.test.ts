import { expect, test } from "vitest";
import { atMost, atMostMore, atMostTimes, judge, timesLess } from "./target.ts";

const figures = { ours: 4, peer: 2, ratio: 2, difference: 2 };

test("a figure that is exactly the target meets it", () => {
  expect(judge(atMostTimes(2), figures)).toEqual({ met: true });
  expect(judge(timesLess(0.5), figures)).toEqual({ met: true });
  expect(judge(atMostMore(2), figures)).toEqual({ met: true });
  expect(judge(atMost(4), figures)).toEqual({ met: true });
});

test("a missed target says by how much", () => {
  expect(judge(atMostTimes(1), figures)).toEqual({ met: false, missedBy: { share: 1 } });
  expect(judge(timesLess(10), { ...figures, ratio: 1 / 8 })).toEqual({
    met: false,
    missedBy: { share: 0.25 },
  });
  expect(judge(atMostMore(0.5), figures)).toEqual({ met: false, missedBy: { amount: 1.5 } });
  expect(judge(atMost(2), figures)).toEqual({ met: false, missedBy: { share: 1 } });
});

test("a figure that was not measured meets no target", () => {
  const missing = { ours: NaN, peer: NaN, ratio: NaN, difference: NaN };
  for (const target of [atMostTimes(1), timesLess(1), atMostMore(1), atMost(1)]) {
    expect(judge(target, missing).met).toBe(false);
  }
});
