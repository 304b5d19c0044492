import { nextTurn } from "../driver/deadline.ts";

/** How many handles and requests keep the process alive, by type. */
export type OpenHandles = ReadonlyMap<string, number>;

/** How long a handle may stay open after the call that closed it, in milliseconds. */
const PATIENCE_MS = 2_000;

/** Counts the handles that keep the process alive now. */
export function openHandles(): OpenHandles {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo())
    counts.set(type, (counts.get(type) ?? 0) + 1);
  // Waiting for the others to close takes an Immediate.
  counts.delete("Immediate");
  return counts;
}

/** Waits until no more handles are open than before, for 2 s at most. Returns those that still are, as `2 Timeout`. */
export async function handlesLeftOpen(before: OpenHandles): Promise<readonly string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const left: string[] = [];
    for (const [type, count] of openHandles()) {
      const more = count - (before.get(type) ?? 0);
      if (more > 0) left.push(`${more} ${type}`);
    }
    if (left.length === 0 || performance.now() > deadline) return left;
    await nextTurn();
  }
}
