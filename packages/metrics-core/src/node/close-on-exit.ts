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

/** What is closed: a `MetricsManager`, of this copy of the package or another. */
export interface Closable<R = unknown> extends Holding {
  /** Finishes within `timeoutMs` milliseconds; a second call joins the first. */
  close(options: { readonly timeoutMs: number }): Promise<R>;
  /** Resolves once it is closed, whoever closed it. */
  readonly closed?: PromiseLike<unknown> | undefined;
}

/** Options of {@link closeOnExit}; each may be left out or undefined. */
export interface CloseOnExitOptions<R = unknown> {
  /** The signals that close; with none, only the program's own end does. @default ["SIGTERM", "SIGINT"] */
  readonly signals?: readonly ExitSignal[] | undefined;
  /**
   * Longest time from the signal to the end of the process, in milliseconds, 1 to 3,600,000. Stay
   * below what the supervisor grants, such as Docker's 10 and Kubernetes' 30 seconds.
   *
   * It is shared like this: `before` may take what leaves 3 seconds, or half of a shorter
   * `timeoutMs`, for the metrics: 2 of the default 5 seconds. The manager has what is then left,
   * except one second, or a fifth of a shorter `timeoutMs`, that is kept for `after` if there is one.
   *
   * @default 5,000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Runs before closing when a signal asks for it, so that its metrics are delivered too; for a
   * server that is still answering `() => new Promise((done) => server.close(done))`. If it fails or
   * takes longer than its share of the time, a process warning says so and the manager is closed.
   */
  readonly before?: (() => unknown) | undefined;
  /** Runs after closing, for what the sinks were given and therefore do not close: an SDK, a client. */
  readonly after?: (() => unknown) | undefined;
  /** Called with the result of `close()`, before `after`; for a log line. Must not wait. */
  readonly onResult?: ((result: R) => unknown) | undefined;
}

const DEFAULT_SIGNALS: readonly ExitSignal[] = ["SIGTERM", "SIGINT"];
const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * The same signal within this many milliseconds is the same request: on Ctrl-C the terminal signals
 * the whole foreground group, and npm in it passes the signal on as well.
 *
 * @see https://github.com/npm/cli/issues/5021
 */
const SAME_REQUEST_MS = 250;

/** What is used of the host's `process`. */
interface Host {
  readonly stderr: { write(text: string): unknown };
}

declare const process: Host;

/**
 * Closes a manager when a signal asks the process to end, and when the program ends by itself, so
 * that the last window is delivered. Returns a function that undoes this, and that does nothing
 * once closing has begun; afterwards, and once the manager was closed by hand, nothing stays
 * registered.
 *
 * On a signal `before` runs, the manager is closed, `after` runs, and the signal is raised anew, so
 * that the parent process sees it as the cause of the end; a process that its own signals do not
 * end, as the first process of a container, exits with 128 plus the signal's number. All this takes
 * at most `timeoutMs` milliseconds, whatever sinks do. A second signal ends the process at once,
 * unless it is the first one again within 250 milliseconds, as npm makes it of one Ctrl-C.
 *
 * A program that listens for the signal itself has taken it on itself to end: the manager is closed
 * at once, beside its listeners, and the process is left to them. Let such a listener's work be
 * `before` instead. A library that listens too, but waits for others to end the process, would keep
 * it from ending. Several managers may each be closed; the last one done raises the signal. One that
 * is registered meanwhile is closed after the others.
 *
 * When the program ends by itself, having nothing left to do, the manager is closed without
 * `before`, and the exit code stays what it is.
 *
 * Nothing can be delivered on `process.exit()`, an uncaught exception or an unhandled rejection: one
 * line on stderr then says how many observations are lost. SIGKILL leaves no time for that; on
 * Windows neither does SIGTERM, which is no signal there. AWS Lambda freezes the process between
 * invocations: call `flush()` at the end of each.
 *
 * @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed.
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
