import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { longestGap } from "./longest-gap.ts";

/** Stands still for a while, and returns for how long. */
function block(ms: number): number {
  const start = performance.now();
  while (performance.now() - start < ms);
  return performance.now() - start;
}

test("is at least the longest time that any turn took, at the beginning, later and at the end", async () => {
  for (const turns of [[30], [0, 30, 0], [0, 0, 30]]) {
    let longest = 0;
    const gap = await longestGap(async () => {
      for (const [i, ms] of turns.entries()) {
        if (i > 0) await nextTurn();
        longest = Math.max(longest, block(ms));
      }
    });
    expect(gap).toBeGreaterThanOrEqual(longest);
  }
});

test("is not the time of all turns together", async () => {
  let spent = 0;
  const gap = await longestGap(async () => {
    for (let turn = 0; turn < 20; turn++) {
      spent += block(5);
      await nextTurn();
    }
  });
  expect(gap).toBeLessThan(spent);
});

test("passes on what the work rejects with", async () => {
  await expect(longestGap(() => Promise.reject(new Error("no work")))).rejects.toThrow("no work");
});
