import type { Wait } from "./accounting.ts";

/** So much later than its deadline a call is not waited for any more. */
const PATIENCE_MS = 5_000;

/** Waits for a call that must be back within `timeoutMs`, and says how long it took: infinitely long where it was given up. */
export async function timedCall(
  call: Wait["call"],
  timeoutMs: number,
  begin: () => Promise<unknown>,
): Promise<Wait> {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<number>((resolve) => {
    timer = setTimeout(() => resolve(Infinity), timeoutMs + PATIENCE_MS);
  });
  const tookMs = await Promise.race([begin().then(() => performance.now() - start), patience]);
  clearTimeout(timer);
  return { call, timeoutMs, tookMs };
}
