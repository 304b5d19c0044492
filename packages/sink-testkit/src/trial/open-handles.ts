import { nextTurn } from "../driver/deadline.ts";

/** How many handles and requests keep the process alive, by type. */
export type OpenHandles = ReadonlyMap<string, number>;

/** How long a handle may take to go away after the call that closed it, in milliseconds. */
const PATIENCE_MS = 2_000;

/** Counts what keeps the process alive now. */
export function openHandles(): OpenHandles {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo())
    counts.set(type, (counts.get(type) ?? 0) + 1);
  // The turn of the event loop that waits for the others to go.
  counts.delete("Immediate");
  return counts;
}

/** Waits, with patience, until nothing is open that was not before; returns what still is, as `2 Timeout`. */
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
