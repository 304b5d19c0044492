import type { FlushResult } from "../delivery/flush-result.ts";
import type { ManagerStats } from "../manager-stats.ts";
import type { Findings } from "./findings.ts";
import type { ScriptedSink } from "./scripted-sink.ts";

/** Whether the figures of a flush or close add up. */
export function checkResult(
  findings: Findings,
  result: FlushResult,
  sinks: readonly ScriptedSink[],
): void {
  const parts = ["delivered", "rejected", "pending"] as const;
  const isSound =
    result.sinks.length === sinks.length &&
    result.ok === (result.rejected === 0 && result.pending === 0) &&
    parts.every(
      (part) =>
        result[part] === result.sinks.reduce((total, sink) => total + sink[part], 0) &&
        result.sinks.every((sink) => Number.isSafeInteger(sink[part]) && sink[part] >= 0),
    );
  findings.expect(isSound, "a result is inconsistent", () => JSON.stringify(result));
}

/** How things are when a flush resolves. */
export interface Flushed {
  readonly stats: ManagerStats;
  readonly sinks: readonly ScriptedSink[];
  /** Monotonic time. */
  readonly now: number;
  /** Whether the deadline had not come. */
  readonly isInTime: boolean;
}

/** Whether a flush says what is true when it resolves, and gave up for a reason only. */
export function checkFlushed(
  findings: Findings,
  { sinks: results }: FlushResult,
  { stats, sinks, now, isInTime }: Flushed,
): void {
  for (const [i, { name, pending, error }] of results.entries()) {
    const sink = sinks[i];
    const left = stats.sinks[i]?.pending.snapshots ?? 0;
    // What is answered in the same moment may come a few turns after the result was made.
    findings.expect(
      pending <= left || sink?.answeredAt === now,
      "flush() says that something is pending that is not",
      () => `${name}: ${pending}, not ${left}`,
    );
    const isUnexplained = pending > 0 && error === undefined && isInTime;
    findings.expect(
      !isUnexplained || sink?.askedForPatience === true,
      "flush() gives up though nothing went wrong",
      () => `${name}: ${pending}`,
    );
  }
}
