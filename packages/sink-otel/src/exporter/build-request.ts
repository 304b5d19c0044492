import type { BoundariesOf } from "../metric-data/explicit-buckets.ts";
import { MetricDataBuilder } from "../metric-data/metric-data-builder.ts";
import type { MetricData } from "../metric-data/sdk-data.ts";
import type { Temporalities } from "../metric-data/temporality.ts";
import type { InstrumentNames } from "../names/instrument-names.ts";
import { inTurns, type Turn } from "../turns/in-turns.ts";
import { totalOf } from "../series/kept-total.ts";
import { snapshotOf } from "../series/delta.ts";
import { type ExportItem, isTotal } from "./export-item.ts";

/** What an export ends with if it was aborted before a request was sent, so that nothing has arrived of it. */
export class UnsentError extends Error {}

/** How the points of an export are written. */
export interface RequestEncoding {
  readonly names: InstrumentNames;
  readonly temporalities: Temporalities;
  readonly boundariesOf: BoundariesOf;
  /** The moment at which the totals of all cumulative series end, in milliseconds since the epoch. */
  readonly cumulativeEnd: number;
  /** Whether the exporter needs a turn of its own to encode the request. */
  readonly needsOwnTurn: boolean;
}

/**
 * Builds the points of a request, over several turns if there are many. After a large request it ends in
 * a new turn, because the exporter needs one to encode it.
 *
 * @throws UnsentError if the signal aborts
 */
export async function buildRequest(
  batch: readonly ExportItem[],
  encoding: RequestEncoding,
  turn: Turn,
  signal: AbortSignal,
): Promise<MetricData[]> {
  const { names, temporalities, boundariesOf, cumulativeEnd, needsOwnTurn } = encoding;
  const builder = new MetricDataBuilder(temporalities);
  const add = (item: ExportItem): void => {
    if (isTotal(item)) {
      const { name, start: startTime, delta, total } = item;
      const value = delta === undefined ? total : item.plus(snapshotOf(delta));
      if (value !== undefined)
        builder.add({ name, series: item, startTime, endTime: cumulativeEnd }, value);
      return;
    }
    const snapshot = snapshotOf(item);
    const { name } = names.assign(snapshot);
    if (name === undefined) return;
    const { windowStart: startTime, windowEnd: endTime } = snapshot;
    const { kind, sum } = snapshot;
    const value = kind === "counter" ? sum : totalOf(snapshot, boundariesOf(snapshot));
    builder.add({ name, series: snapshot, startTime, endTime }, value);
  };
  try {
    await inTurns(batch, add, turn, signal);
    if (needsOwnTurn) {
      await turn.next();
      signal.throwIfAborted();
    }
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new UnsentError("stopped before the request was sent", { cause });
  }
  return builder.metrics;
}
