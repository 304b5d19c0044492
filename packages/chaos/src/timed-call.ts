import type { Wait } from "./accounting.ts";

/** A call that takes this much longer than its deadline is not waited for any longer. */
const PATIENCE_MS = 5_000;

/** Waits for a call that must settle within `timeoutMs`. Returns how long it took, or Infinity if it was given up. */
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
