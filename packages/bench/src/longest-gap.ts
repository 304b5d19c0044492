/**
 * The longest time that the event loop stands still while something is done, in milliseconds of wall
 * time: the longest distance between two callbacks of `setImmediate`, each of which asks for the next.
 */
export async function longestGap(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isDone = false;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    await work();
  } finally {
    isDone = true;
    tick();
  }
  return longest;
}
