const FIRST_MS = 40;
const LONGEST_MS = 640;

/** Milliseconds to wait after the `attempts`-th failed attempt: exponential, with full jitter. */
export function backoffMs(attempts: number, random: () => number): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempts);
}
