import type { Clock } from "../contract/clock.ts";
import { boundedText, flatCopy } from "./kept-text.ts";
import { MetricsError, type MetricsErrorCode, type MetricsErrorContext } from "./metrics-error.ts";
import { numberOf } from "./number-of.ts";
import { printable } from "./printable.ts";
import { quieten } from "./thrown.ts";

/** A function that is called with everything that goes wrong after construction. */
export type OnError = (error: MetricsError) => void;

/**
 * Counts and reports problems. One that may come with every observation is reported at once when it
 * first occurs, then summed up when the window closes, so that a flood of bad values costs a
 * counter and not a flood of errors.
 */
export class Problems {
  readonly #onError: OnError;
  readonly #refused = new Map<MetricsErrorCode, number>();
  readonly #repeated = new Map<
    string,
    { code: MetricsErrorCode; message: string; context: MetricsErrorContext; count: number }
  >();

  /** The handler is running. */
  #isReporting = false;

  constructor(onError: OnError) {
    this.#onError = onError;
  }

  /** How many observations were refused, by reason. */
  get refused(): Readonly<Partial<Record<MetricsErrorCode, number>>> {
    return Object.fromEntries(this.#refused);
  }

  /** One observation was refused. */
  refuse(code: MetricsErrorCode, message: string, context: MetricsErrorContext): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
    this.notice(code, message, context);
  }

  /** Something that may come with every observation, which itself was taken. */
  notice(code: MetricsErrorCode, message: string, given: MetricsErrorContext): void {
    const { metric } = given;
    // The name may be a slice of a long text, which would be kept till the window ends.
    const context =
      metric === undefined ? given : { ...given, metric: flatCopy(boundedText(metric)) };
    const isMany = this.#repeated.size >= MAX_KINDS;
    const key = isMany ? code : `${code} ${context.sink} ${context.metric}`;
    const repeated = this.#repeated.get(key);
    if (repeated === undefined) {
      // What a handler causes itself is summed up later: reported at once, it could call the handler without end.
      this.#repeated.set(key, { code, message, context, count: this.#isReporting ? 1 : 0 });
      if (!this.#isReporting) this.report(code, message, { ...context, affected: 1 });
    } else {
      repeated.count++;
      repeated.message = message;
    }
  }

  /** Sums up, at a window's end, what occurred more than once. */
  sumUp(): void {
    if (this.#repeated.size === 0) return;
    const repeated = [...this.#repeated.values()];
    this.#repeated.clear();
    for (const { code, message, context, count } of repeated) {
      if (count > 0) {
        const again = `${message} (${numberOf(count, "time")} more in this window)`;
        this.report(code, again, { ...context, affected: count });
      }
    }
  }

  /** A problem that is reported each time. */
  report(code: MetricsErrorCode, message: string, context?: MetricsErrorContext): MetricsError {
    const error = this.describe(code, message, context);
    const wasReporting = this.#isReporting;
    this.#isReporting = true;
    try {
      quieten(this.#onError(error));
    } catch {
      // There is nobody else to report this to.
    } finally {
      this.#isReporting = wasReporting;
    }
    return error;
  }

  /** The error for a problem, without reporting it. */
  describe(code: MetricsErrorCode, message: string, context?: MetricsErrorContext): MetricsError {
    // A name or a vendor's words may hold anything; a log line should stay one.
    return new MetricsError(code, printable(message, LONGEST_MESSAGE), context);
  }
}

const LONGEST_MESSAGE = 2_000;

/** Past this many kinds of problem in a window, further ones are told apart by code alone. */
const MAX_KINDS = 100;

/** Past this many milliseconds the default handler warns again of the same kind of problem. */
const WARNING_INTERVAL_MS = 60_000;

/** So many kinds of problem the default handler keeps apart. */
const MAX_WARNED_KINDS = 100;

/**
 * The default handler: a process warning, at most one per code and sink in a minute, which says how many
 * there were since the one before. What is outside the catalogue is a mistake in the program, and
 * each is reported once: every one of them is shown.
 */
export function warnOnError(clock: Clock): OnError {
  const warned = new Map<string, { readonly at: number; since: number }>();
  return (error) => {
    const isRoom = warned.size < MAX_WARNED_KINDS;
    const what = error.code === "undeclared" && isRoom ? error.message : error.sink;
    const kind = `${error.code} ${what}`;
    const now = clock.monotonicTime();
    const last = warned.get(kind);
    if (last !== undefined && now - last.at < WARNING_INTERVAL_MS) {
      last.since++;
      return;
    }
    warned.set(kind, { at: now, since: 0 });
    const untold = last?.since ?? 0;
    const more = untold === 0 ? "" : `, ${untold} more since the last warning`;
    const host = (
      globalThis as { process?: { emitWarning?: (message: string, options: object) => void } }
    ).process;
    const message = `${error.message} (${error.code}${more})`;
    if (host?.emitWarning !== undefined)
      host.emitWarning(message, { type: "MetricsWarning", code: error.code });
    else console.warn(message);
  };
}
