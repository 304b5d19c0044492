import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink, WindowPart } from "../contract/metrics-sink.ts";
import { numberOf } from "../problems/number-of.ts";
import { messageOf } from "../problems/thrown.ts";
import { type CheckedPart, preparePart } from "./prepare-part.ts";
import { SeriesMap } from "./series-map.ts";
import type { SinkReporter } from "./sink-reporter.ts";

/**
 * So often a sink may say that it has more to return of one window. With a thousand snapshots at a time
 * that is enough for ten million series; a sink that says it more often would go on for ever.
 */
const MOST_PIECES = 10_000;

/** A window that is given to one sink part by part. What goes wrong with it is reported once. */
export class UnfinishedWindow {
  readonly #sink: MetricsSink;
  readonly #made = new SeriesMap<MetricSnapshot>();
  readonly #rejected = new Map<MetricSnapshot, string>();
  #failure: { readonly cause: unknown; affected: number } | undefined;
  #isEmpty = true;
  #hasMore = false;
  #pieces = 0;

  constructor(sink: MetricsSink) {
    this.#sink = sink;
  }

  /** Whether nothing is to be exported of it so far. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Whether the sink is to be asked for more of it. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Calls the sink's `prepare` with a part of the window. If that fails, the part is rejected. */
  prepare(window: readonly MetricSnapshot[], part: WindowPart): CheckedPart {
    const checked = this.#tryToPrepare(window, part);
    this.#isEmpty &&= checked.snapshots.length === 0;
    this.#hasMore = checked.more;
    return checked;
  }

  /** Reports what was rejected, and what went wrong. */
  report(reporter: SinkReporter): void {
    reporter.rejected(this.#rejected, undefined);
    if (this.#failure === undefined) return;
    const { cause, affected } = this.#failure;
    const message = `could not prepare a window, and lost ${numberOf(affected, "snapshot")} of it: ${messageOf(cause)}`;
    reporter.report("prepare_failed", message, { affected, cause });
  }

  #tryToPrepare(window: readonly MetricSnapshot[], part: WindowPart): CheckedPart {
    try {
      const checked = preparePart(this.#sink, window, part, this.#made);
      for (const [snapshot, reason] of checked.rejected) this.#rejected.set(snapshot, reason);
      if (checked.more && ++this.#pieces > MOST_PIECES)
        this.#failed(new Error(`prepare() said ${MOST_PIECES} times that there is more`), 0);
      return { ...checked, more: checked.more && this.#pieces <= MOST_PIECES };
    } catch (cause) {
      this.#failed(cause, window.length);
      const reason = messageOf(cause);
      return {
        snapshots: [],
        rejected: new Map(window.map((each) => [each, reason])),
        more: false,
      };
    }
  }

  #failed(cause: unknown, affected: number): void {
    this.#failure ??= { cause, affected: 0 };
    this.#failure.affected += affected;
  }
}
