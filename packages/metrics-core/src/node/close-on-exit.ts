import { show } from "../problems/show.ts";
import {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  oneOf,
  plainObject,
  wholeNumber,
} from "../sink-kit/check-option.ts";
import { LONGEST_TIMEOUT_MS } from "../windows/longest-timeout.ts";
import { systemClock } from "../windows/system-clock.ts";
import { closeInTime } from "./close-in-time.ts";
import { EXIT_SIGNALS, type ExitSignal, raise } from "./exit-signal.ts";
import { type Holding, lostAtExit } from "./lost-at-exit.ts";
import { callLatecomers, isOnlyOurs, onProcessEvent } from "./process-events.ts";

/** What {@link closeOnExit} closes: a `MetricsManager`, of this copy of the package or another. */
export interface Closable<R = unknown> extends Holding {
  /** Resolves within `timeoutMs` milliseconds. A second call returns the result of the first. */
  close(options: { readonly timeoutMs: number }): Promise<R>;
  /** Resolves once the manager is closed, whoever closed it. */
  readonly closed?: PromiseLike<unknown> | undefined;
}

/** Options of {@link closeOnExit}. All are optional, and each may be undefined. */
export interface CloseOnExitOptions<R = unknown> {
  /**
   * The signals that close the manager. With an empty list, only the program's own end closes it.
   *
   * @default ["SIGTERM", "SIGINT"]
   */
  readonly signals?: readonly ExitSignal[] | undefined;
  /**
   * Longest time from the signal to the end of the process, in milliseconds, 1 to 3,600,000. It
   * must be less than your supervisor allows: Docker allows 10 seconds, Kubernetes 30.
   *
   * The time is divided as follows. 60 percent of it, but at most 3 seconds, is kept for the metrics.
   * `before` may take the rest, by default 2 seconds. The manager gets all that `before` leaves.
   * If there is an `after`, a fifth of `timeoutMs`, but at most 1 second, is kept for it.
   *
   * @default 5,000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Runs after a signal and before the manager is closed, so that its metrics are delivered too.
   * For a server that is still answering, pass `() => new Promise((done) => server.close(done))`.
   * If it fails or takes longer than its share of the time, a process warning says so, and the
   * manager is closed.
   */
  readonly before?: (() => unknown) | undefined;
  /**
   * Runs after the manager is closed. Use it to close what you gave to the sinks, such as an SDK or
   * a client, because the sinks do not close that.
   */
  readonly after?: (() => unknown) | undefined;
  /**
   * Called with the result of `close()` before `after` runs, so that you can log it. Must not wait.
   */
  readonly onResult?: ((result: R) => unknown) | undefined;
}

const DEFAULT_SIGNALS: readonly ExitSignal[] = ["SIGTERM", "SIGINT"];
const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * If the same signal comes again within this many milliseconds, it is the same request. On Ctrl-C
 * the terminal signals the whole foreground group, and npm, which is in that group, passes its
 * signal on.
 *
 * @see https://github.com/npm/cli/issues/5021
 */
const SAME_REQUEST_MS = 250;

/** The parts of the host's `process` that are used. */
interface Host {
  readonly stderr: { write(text: string): unknown };
}

declare const process: Host;

/**
 * Closes a manager when a signal asks the process to end, and when the program ends by itself, so
 * that the last window is delivered. Returns a function that undoes this. Once closing has begun,
 * that function does nothing. When the manager is closed, by a signal or by the program, all
 * listeners are removed.
 *
 * On a signal, `before` runs, the manager is closed, and `after` runs. Then the signal is raised
 * again, so that the parent process sees it as the cause of the end. The first process of a
 * container can't end itself with a signal, so it exits with 128 plus the signal's number. All this
 * takes at most `timeoutMs` milliseconds, whatever the sinks do. A second signal ends the process
 * at once. If the same signal comes again within 250 milliseconds, it does not count as a second
 * one, because npm makes two of one Ctrl-C.
 *
 * If the program has its own listener for the signal, that listener must end the process: the
 * manager is closed at the same time, and the signal is not raised again. It is better to pass the
 * work of such a listener as `before`. If a library listens for the signal and waits for others to
 * end the process, the process does not end. Several managers can be closed like this; the last to
 * finish raises the signal. A manager that is registered meanwhile is closed after the others.
 *
 * When the program ends because nothing is left to do, the manager is closed without `before`. The
 * exit code does not change.
 *
 * After `process.exit()`, an uncaught exception or an unhandled rejection nothing can be delivered.
 * Then one line on stderr says how many observations are lost. After SIGKILL, and on Windows after
 * SIGTERM, there is no time even for that line. AWS Lambda freezes the process between invocations,
 * so call `flush()` at the end of each.
 *
 * @throws TypeError or RangeError for a wrong option. The message names the option, its value and
 * what is allowed.
 */
export function closeOnExit<R>(
  manager: Closable<R>,
  options: CloseOnExitOptions<R> = {},
): () => void {
  hasMethods("manager", manager, ["close"]);
  const { signals, timeoutMs, before, after, onResult } = settle(options);
  let closing: Promise<void> | undefined;
  let first: { readonly signal: ExitSignal; readonly at: number } | undefined;
  const undo: (() => void)[] = [];
  const unregister = (): void => {
    for (const each of undo) each();
  };

  const close = (work: (() => unknown) | undefined): Promise<void> =>
    (closing ??= closeInTime(
      {
        before: work,
        close: (within) => manager.close(within),
        onResult: onResult as ((result: unknown) => unknown) | undefined,
        after,
      },
      timeoutMs,
    ));
  const onSignal = (signal: ExitSignal): void => {
    const at = systemClock.monotonicTime();
    const isOurs = isOnlyOurs(signal);
    const end = (): void => {
      unregister();
      callLatecomers(signal);
      if (isOurs) raise(signal);
    };
    if (first === undefined) {
      first = { signal, at };
      void close(before).then(end);
    } else if (signal !== first.signal || at - first.at > SAME_REQUEST_MS) end();
  };
  const onExit = (): void => {
    const line = lostAtExit(manager);
    if (line !== undefined) process.stderr.write(`${line}\n`);
  };

  for (const signal of signals) undo.push(onProcessEvent(signal, () => onSignal(signal)));
  undo.push(onProcessEvent("beforeExit", () => void close(undefined).then(unregister)));
  undo.push(onProcessEvent("exit", onExit));
  const undoUnlessClosing = (): void => {
    if (closing === undefined) unregister();
  };
  void manager.closed?.then(undoUnlessClosing);
  return undoUnlessClosing;
}

function settle<R>(options: CloseOnExitOptions<R>): CloseOnExitOptions<R> & {
  readonly signals: readonly ExitSignal[];
  readonly timeoutMs: number;
} {
  const known = ["signals", "timeoutMs", "before", "after", "onResult"] as const;
  hasOnlyKeys(plainObject("options", options), known);
  const { signals = DEFAULT_SIGNALS, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!Array.isArray(signals))
    throw new TypeError(`signals is ${show(signals)}, must be an array of signals`);
  for (const name of ["before", "after", "onResult"] as const)
    if (options[name] !== undefined) checkFunction(name, options[name]);
  return {
    ...options,
    signals: [...new Set(signals.map((signal, i) => oneOf(`signals[${i}]`, signal, EXIT_SIGNALS)))],
    timeoutMs: wholeNumber("timeoutMs", timeoutMs, 1, LONGEST_TIMEOUT_MS),
  };
}
