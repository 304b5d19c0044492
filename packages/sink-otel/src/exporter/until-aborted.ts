import { unlessAborted } from "@aiokpl/metrics-core/sink";

/** Settles as the promise does, or resolves as soon as the signal aborts. */
export async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await unlessAborted(promise, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
