import type { ExponentialHistogram } from "@aiokpl/metrics-core/sink";
import type { Turn } from "./turn.ts";

/** What was written to one second of one series. */
export interface WrittenTotal {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Kept only where percentiles are sent. */
  readonly histogram?: ExponentialHistogram;
}

/** The totals of one second. */
interface WrittenSecond {
  /** When a total was last written here, by `performance.now()`. */
  writtenAt: number;
  /** The size of its totals, by {@link sizeOf}. */
  size: number;
  /** Its totals by series, oldest first. */
  readonly totals: Map<string, WrittenTotal>;
  /** Goes through the series, oldest first, to forget them where this second alone is too large. */
  oldest: Iterator<string> | undefined;
}

/**
 * What all sinks of a process have written. It has no code of this package, because copies of the package
 * share it: a copy that changes its form must change the number in {@link SHARED}.
 */
export interface WrittenMemory {
  /** In the order of the last writes. */
  readonly seconds: Map<number, WrittenSecond>;
  /** The size of all totals, by {@link sizeOf}. */
  size: number;
}

const SHARED = Symbol.for("@aiokpl/sink-datadog: written totals, version 2");

/**
 * How long a total is remembered, in milliseconds. Datadog takes points of the last hour, so a twin
 * that was cut off may still write to a second of an hour ago.
 */
const MEMORY_MS = 3_600_000;

/** Most totals that are remembered, in all accounts together. A histogram counts for several. */
const MAX_SIZE = 100_000;

/** Returns a memory in which nothing is written yet. */
export function emptyMemory(): WrittenMemory {
  return { seconds: new Map(), size: 0 };
}

/** Returns the memory that all sinks of this process share, whichever copy of this package they are from. */
export function sharedMemory(): WrittenMemory {
  const shared: WrittenMemory | undefined = Reflect.get(globalThis, SHARED);
  if (shared !== undefined) return shared;
  const memory = emptyMemory();
  Object.defineProperty(globalThis, SHARED, { value: memory });
  return memory;
}

/** Returns what was written to a second of a series, or undefined where that is nothing or forgotten. */
export function writtenTotal(
  { seconds }: WrittenMemory,
  series: string,
  second: number,
): WrittenTotal | undefined {
  return seconds.get(second)?.totals.get(series);
}

/**
 * Records what was written to a second of a series, in place of what was there before. Where the
 * memory is full, forgets the second that was longest without a write.
 */
export function recordWritten(
  memory: WrittenMemory,
  { series, second, total }: { series: string; second: number; total: WrittenTotal },
  now: number,
): void {
  const { seconds } = memory;
  let written = seconds.get(second);
  if (written === undefined) {
    written = { writtenAt: now, size: 0, totals: new Map(), oldest: undefined };
    seconds.set(second, written);
  } else if (written.writtenAt !== now) {
    written.writtenAt = now;
    seconds.delete(second);
    seconds.set(second, written);
  }
  const before = written.totals.get(series);
  written.totals.set(series, total);
  grow(memory, written, sizeOf(total) - (before === undefined ? 0 : sizeOf(before)));
  while (memory.size > MAX_SIZE) forgetOldest(memory);
}

/** Forgets what was written an hour ago or earlier, given the time of `performance.now()`. */
export async function forgetOld(memory: WrittenMemory, now: number, turn: Turn): Promise<void> {
  for (const [second, { writtenAt }] of memory.seconds) {
    if (now - writtenAt < MEMORY_MS) return;
    forgetSecond(memory, second);
    if (turn.isOver) await turn.next();
  }
}

function grow(memory: WrittenMemory, written: WrittenSecond, size: number): void {
  written.size += size;
  memory.size += size;
}

function forgetOldest(memory: WrittenMemory): void {
  for (const [second, written] of memory.seconds) {
    // One second alone may hold more series than there is room for.
    const series = memory.seconds.size === 1 ? oldestOf(written) : undefined;
    if (series === undefined) return forgetSecond(memory, second);
    const total = written.totals.get(series);
    written.totals.delete(series);
    if (total !== undefined) grow(memory, written, -sizeOf(total));
    return;
  }
  memory.size = 0;
}

function oldestOf(written: WrittenSecond): string | undefined {
  // A new iterator would have to pass all that were deleted before.
  written.oldest ??= written.totals.keys();
  const { done, value } = written.oldest.next();
  return done === true ? undefined : value;
}

function forgetSecond(memory: WrittenMemory, second: number): void {
  memory.size -= memory.seconds.get(second)?.size ?? 0;
  memory.seconds.delete(second);
}

/** Returns the size of a total in units of about 100 bytes. */
function sizeOf({ histogram }: WrittenTotal): number {
  if (histogram === undefined) return 1;
  const { positive, negative } = histogram;
  return 3 + ((positive.bucketCounts.length + negative.bucketCounts.length) >> 3);
}
