import {
  hasMethods,
  hasOnlyKeys,
  oneOf,
  plainObject,
  wholeNumber,
} from "../sink-kit/check-option.ts";
import { systemClock } from "../contract/clock.ts";
import { Deadline } from "../windows/deadline.ts";
import { LONGEST_TIMEOUT_MS } from "../metrics-manager-options.ts";
import { messageOf } from "../problems/thrown.ts";

/**
 * A signal that asks a process to end. One that the platform does not have never comes; `SIGUSR2`
 * is what nodemon restarts with.
 */
export type ExitSignal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGUSR2" | "SIGTERM" | "SIGBREAK";

/** Their numbers, on Linux where they differ: it is in its containers that they are needed. */
const SIGNAL_NUMBERS: Readonly<Record<ExitSignal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGBREAK: 21,
};

/** What is closed: a `MetricsManager`, of this copy of the package or another. */
export interface Closable {
  /** Finishes within `timeoutMs` milliseconds; a second call joins the first. */
  close(options: { readonly timeoutMs: number }): Promise<unknown>;
}

/** Options of {@link closeOnExit}; each may be left out or undefined. */
export interface CloseOnExitOptions {
  /** The signals that close; with none, only the program's own end does. @default ["SIGTERM", "SIGINT"] */
  readonly signals?: readonly ExitSignal[] | undefined;
  /**
   * Longest time from the signal to the end of the process, in milliseconds, 1 to 3,600,000. Stay
   * below what the supervisor grants, such as Docker's 10 and Kubernetes' 30 seconds.
   *
   * @default 5,000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * What comes before closing when a signal asks for it, so that its metrics are delivered too; for
   * a server that is still answering `() => new Promise((done) => server.close(done))`. It is waited
   * for until 3 seconds of `timeoutMs`, or half of a shorter one, are left for the metrics. That it
   * failed or took longer is told in a process warning.
   */
  readonly before?: (() => unknown) | undefined;
}

const DEFAULT_SIGNALS: readonly ExitSignal[] = ["SIGTERM", "SIGINT"];
const DEFAULT_TIMEOUT_MS = 5_000;

/** So much of the time, but not more than these milliseconds, is the manager's even if `before` hangs. */
const CLOSE_RESERVE = 0.5;
const LONGEST_CLOSE_RESERVE_MS = 3_000;

/** This part of the time left is not the manager's, which may have to say what it could not deliver. */
const END_RESERVE = 0.05;

/**
 * The same signal within this many milliseconds is the same request: on Ctrl-C the terminal signals
 * the whole foreground group, and npm in it passes the signal on as well.
 *
 * @see https://github.com/npm/cli/issues/5021
 */
const SAME_REQUEST_MS = 250;

/** A process that outlives its own signal for this long is one that the signal does not end. */
const OUTLIVED_MS = 50;

/** Marks our listeners, in every copy of this package: they are no reason to leave ending to others. */
const OURS = Symbol.for("@aiokpl/metrics-core/close-on-exit");

/** What is used of the host's `process`. */
interface Host {
  readonly pid: number;
  on(event: string, listener: () => void): unknown;
  prependListener(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
  listeners(event: string): readonly object[];
  kill(pid: number, signal: string): unknown;
  exit(code: number): void;
  emitWarning(message: string, options: { readonly type: string; readonly code: string }): void;
}

declare const process: Host;

/**
 * Closes a manager when a signal asks the process to end, and when the program ends by itself, so
 * that the last window is delivered. Returns a function that undoes this, and that does nothing
 * once closing has begun; afterwards nothing stays registered.
 *
 * On a signal `before` runs, the manager is closed, and the signal is raised anew, so that the
 * parent process sees it as the cause of the end; a process that its own signals do not end, as the
 * first one of a container, exits with 128 plus the signal's number. All this takes at most
 * `timeoutMs` milliseconds, whatever sinks do. A second signal ends the process at once, unless it
 * is the first one again within 250 milliseconds, as npm makes it of one Ctrl-C.
 *
 * A program that listens for the signal itself has taken it on itself to end: the manager is closed
 * at once, beside its listeners, and the process is left to them. Let such a listener's work be
 * `before` instead. A library that listens too, but waits for others to end the process, would keep
 * it from ending. Several managers may each be closed; the last one done raises the signal.
 *
 * When the program ends by itself, having nothing left to do, the manager is closed without
 * `before`, and the exit code stays what it is.
 *
 * Nothing is closed on `process.exit()`, an uncaught exception or SIGKILL; on Windows not on
 * SIGTERM either, which is no signal there. AWS Lambda freezes the process between invocations: call
 * `flush()` at the end of each.
 *
 * @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed.
 */
export function closeOnExit(manager: Closable, options: CloseOnExitOptions = {}): () => void {
  hasMethods("manager", manager, ["close"]);
  const { signals, timeoutMs, before } = settle(options);
  let closing: Promise<void> | undefined;
  let first: { readonly signal: ExitSignal; readonly at: number } | undefined;

  const close = (work?: () => unknown): Promise<void> =>
    (closing ??= closeInTime(manager, timeoutMs, work));
  const onSignal = (signal: ExitSignal): void => {
    const at = systemClock.monotonicTime();
    const alone = process.listeners(signal).every((listener) => OURS in listener);
    const end = (): void => {
      unregister();
      if (alone) raise(signal);
    };
    if (first === undefined) {
      first = { signal, at };
      void close(before).then(end);
    } else if (signal !== first.signal || at - first.at > SAME_REQUEST_MS) end();
  };
  const onBeforeExit = (): void => void close().then(unregister);
  const listeners = signals.map(
    (signal) => [signal, Object.assign(() => onSignal(signal), { [OURS]: true })] as const,
  );
  const unregister = (): void => {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener);
    process.removeListener("beforeExit", onBeforeExit);
  };

  // In front, where a program's own once() listener is still to be seen.
  for (const [signal, listener] of listeners) process.prependListener(signal, listener);
  process.on("beforeExit", onBeforeExit);
  return () => {
    if (closing === undefined) unregister();
  };
}

function settle(options: CloseOnExitOptions): {
  readonly signals: readonly ExitSignal[];
  readonly timeoutMs: number;
  readonly before: (() => unknown) | undefined;
} {
  hasOnlyKeys(plainObject("options", options), ["signals", "timeoutMs", "before"]);
  const { signals = DEFAULT_SIGNALS, timeoutMs = DEFAULT_TIMEOUT_MS, before } = options;
  if (!Array.isArray(signals))
    throw new TypeError(`signals is ${String(signals)}, must be an array of signals`);
  if (before !== undefined && typeof before !== "function")
    throw new TypeError(`before is ${String(before)}, must be a function`);
  const known = Object.keys(SIGNAL_NUMBERS) as ExitSignal[];
  return {
    signals: [...new Set(signals.map((signal, i) => oneOf(`signals[${i}]`, signal, known)))],
    timeoutMs: wholeNumber("timeoutMs", timeoutMs, 1, LONGEST_TIMEOUT_MS),
    before,
  };
}

/** Never rejects; takes `timeoutMs` milliseconds at most and keeps the process alive meanwhile. */
async function closeInTime(
  manager: Closable,
  timeoutMs: number,
  before: (() => unknown) | undefined,
): Promise<void> {
  const end = new Deadline(systemClock, timeoutMs, { keepAlive: true });
  if (before !== undefined) {
    const reserveMs = Math.min(timeoutMs * CLOSE_RESERVE, LONGEST_CLOSE_RESERVE_MS);
    await attempt(
      "before",
      before,
      new Deadline(systemClock, timeoutMs - reserveMs, { keepAlive: true }),
    );
  }
  const closeMs = Math.floor(end.remainingMs * (1 - END_RESERVE));
  await attempt("close", () => manager.close({ timeoutMs: closeMs }), end);
  // A process warning is printed in the next turn.
  await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 0, true));
}

/** Waits for `work` until the deadline, and tells in a process warning why it was not done. */
async function attempt(
  name: "before" | "close",
  work: () => unknown,
  deadline: Deadline,
): Promise<void> {
  // Not in this turn: work may call what this function's caller has yet to return.
  const done = Promise.resolve()
    .then(work)
    .then(() => true);
  try {
    if ((await deadline.cut(done)) !== true) warn(name, "took too long and is not waited for");
  } catch (error) {
    warn(name, `failed: ${messageOf(error)}`);
  }
  deadline.cancel();
}

function warn(name: "before" | "close", problem: string): void {
  process.emitWarning(`closeOnExit: ${name}() ${problem}`, {
    type: "MetricsWarning",
    code: `${name}_failed`,
  });
}

/** Ends the process by a signal, unless another listener is left for it. */
function raise(signal: ExitSignal): void {
  if (process.listeners(signal).length > 0) return;
  process.kill(process.pid, signal);
  systemClock.setTimer(() => process.exit(128 + SIGNAL_NUMBERS[signal]), OUTLIVED_MS, true);
}
