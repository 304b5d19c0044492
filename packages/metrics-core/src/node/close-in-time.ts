import { messageOf } from "../problems/thrown.ts";
import { Deadline } from "../windows/deadline.ts";
import { systemClock } from "../windows/system-clock.ts";

/**
 * This part of the time, but not more than these milliseconds, is kept for the manager even if
 * `before` hangs.
 */
const CLOSE_RESERVE = 0.6;
const LONGEST_CLOSE_RESERVE_MS = 3_000;

/** This part of the time, but not more than these milliseconds, is kept for `after`. */
const AFTER_RESERVE = 0.2;
const LONGEST_AFTER_RESERVE_MS = 1_000;

/**
 * The manager gets this part less than the time that is left, so that it can still resolve with
 * what it could not deliver.
 */
const END_RESERVE = 0.05;

/** The functions that are called at the end, in this order. Only `close` is required. */
export interface ClosingSteps {
  readonly before?: (() => unknown) | undefined;
  readonly close: (options: { readonly timeoutMs: number }) => Promise<unknown>;
  /** Called with what `close` resolved with. */
  readonly onResult?: ((result: unknown) => unknown) | undefined;
  readonly after?: (() => unknown) | undefined;
}

/** The parts of the host's `process` that are used. */
interface Host {
  emitWarning(message: string, options: { readonly type: string; readonly code: string }): void;
}

declare const process: Host;

/**
 * Runs the steps within `timeoutMs` milliseconds, and keeps the process alive until then. If a step
 * fails or takes too long, a process warning says so. Never rejects.
 */
export async function closeInTime(steps: ClosingSteps, timeoutMs: number): Promise<void> {
  const { before, close, onResult, after } = steps;
  const end = new Deadline(systemClock, timeoutMs, { keepAlive: true });
  if (before !== undefined) {
    const reserveMs = Math.min(timeoutMs * CLOSE_RESERVE, LONGEST_CLOSE_RESERVE_MS);
    await runStep("before", before, timeoutMs - reserveMs);
  }
  const afterMs =
    after === undefined ? 0 : Math.min(timeoutMs * AFTER_RESERVE, LONGEST_AFTER_RESERVE_MS);
  const closeMs = Math.max(0, end.remainingMs - afterMs);
  const managerMs = Math.floor(closeMs * (1 - END_RESERVE));
  const closed = await runStep("close", () => close({ timeoutMs: managerMs }), closeMs);
  if (onResult !== undefined && closed !== undefined)
    await runStep("onResult", () => onResult(closed.result), 0);
  if (after !== undefined) await runStep("after", after, end.remainingMs);
  end.cancel();
  // Node prints a process warning in the next turn.
  await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 0, true));
}

/**
 * Resolves with the step's result. Resolves with undefined if the step failed or did not settle
 * within `ms` milliseconds.
 */
async function runStep(
  name: keyof ClosingSteps,
  step: () => unknown,
  ms: number,
): Promise<{ readonly result: unknown } | undefined> {
  const deadline = new Deadline(systemClock, ms, { keepAlive: true });
  // Not in this turn: the step may call the function that closeOnExit() has not returned yet.
  const settled = Promise.resolve()
    .then(step)
    .then((result) => ({ result }));
  try {
    const done = await deadline.cut(settled);
    if (done === undefined)
      warn(name, `took longer than its ${Math.round(ms)} ms; the next step does not wait for it`);
    return done;
  } catch (error) {
    warn(name, `failed: ${messageOf(error)}`);
    return undefined;
  } finally {
    deadline.cancel();
  }
}

function warn(name: keyof ClosingSteps, problem: string): void {
  process.emitWarning(`closeOnExit: ${name}() ${problem}`, {
    type: "MetricsWarning",
    code: `${name}_failed`,
  });
}
