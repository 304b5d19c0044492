import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink, WindowPart } from "../contract/metrics-sink.ts";
import { numberOf } from "../problems/number-of.ts";
import { messageOf } from "../problems/thrown.ts";
import { type Tally, tallyOf } from "./delivery-ledger.ts";
import { type CheckedPart, preparePart } from "./prepare-part.ts";
import { Rejections } from "./rejections.ts";
import { SeriesMap } from "./series-map.ts";
import type { SinkReporter } from "./sink-reporter.ts";

/**
 * So often a sink may say that it has more to return of a window, and once more for each snapshot that it was given. A
 * sink that says it more often would go on for ever.
 */
const MOST_PIECES = 10_000;

/** A window that is given to one sink part by part. What goes wrong with it is reported once. */
export class UnfinishedWindow {
  readonly #sink: MetricsSink;
  readonly #made = new SeriesMap<MetricSnapshot>();
  readonly #rejections = new Rejections();
  #failure: { readonly cause: unknown; affected: number } | undefined;
  #hasMore = false;
  #pieces = 0;
  readonly #given = { snapshots: 0, observations: 0 };
  readonly #returned = { snapshots: 0, observations: 0 };

  constructor(sink: MetricsSink) {
    this.#sink = sink;
  }

  /** Whether the sink is to be asked for more of it. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Calls the sink's `prepare` with a part of the window. If that fails, the part is rejected. */
  prepare(window: readonly MetricSnapshot[], part: WindowPart): CheckedPart {
    const checked = preparePart(this.#sink, window, part, this.#made);
    addTo(this.#given, window);
    addTo(this.#returned, checked.snapshots);
    if (checked.rejected.size > 0) addTo(this.#returned, checked.rejected.keys());
    if ("failure" in checked) this.#failed(checked.failure, window.length);
    else for (const reason of checked.rejected.values()) this.#rejections.add(reason);
    const isEndless = checked.more && ++this.#pieces > MOST_PIECES + this.#given.snapshots;
    if (isEndless) this.#failed(new Error("prepare() says without end that there is more"), 0);
    this.#hasMore = checked.more && !isEndless;
    return checked;
  }

  /**
   * What a sink that failed has kept of earlier parts, as far as that can be known: what it was given and has not
   * returned. To be asked when the sink has nothing more to return.
   */
  get lost(): Tally | undefined {
    if (this.#failure === undefined) return undefined;
    return {
      snapshots: Math.max(0, this.#given.snapshots - this.#returned.snapshots),
      observations: Math.max(0, this.#given.observations - this.#returned.observations),
    };
  }

  /** Reports what was rejected, and what went wrong. */
  report(reporter: SinkReporter): void {
    reporter.rejected(this.#rejections, undefined);
    if (this.#failure === undefined) return;
    const { cause } = this.#failure;
    const affected = this.#failure.affected + (this.lost?.snapshots ?? 0);
    const message = `could not prepare a window, and lost ${numberOf(affected, "snapshot")} of it: ${messageOf(cause)}`;
    reporter.report("prepare_failed", message, { affected, cause });
  }

  #failed(cause: unknown, affected: number): void {
    this.#failure ??= { cause, affected: 0 };
    this.#failure.affected += affected;
  }
}

/** Adds to a tally what the snapshots have. */
function addTo(
  tally: { snapshots: number; observations: number },
  added: Iterable<MetricSnapshot>,
): void {
  const { snapshots, observations } = tallyOf(added);
  tally.snapshots += snapshots;
  tally.observations += observations;
}
