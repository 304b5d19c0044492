import type { MetricSnapshot, MetricsSink } from "@aiokpl/metrics-core";
import type { Breach } from "./breach.ts";
import { describeThrown } from "./excerpt.ts";
import type { OpenWindow } from "./open-window.ts";
import { PreparedWindowReader } from "./read-prepared-window.ts";
import type { ReadPart } from "./read-prepared-window.ts";
import type { SinkCalls } from "./sink-calls.ts";

/** How often more than ten times for each series a sink may be asked for the rest of a window. */
const MORE_CALLS = 100;

/** What {@link prepareInParts} works with. */
export interface PrepareOptions {
  readonly sink: MetricsSink;
  readonly calls: SinkCalls;
  readonly breach: Breach;
  /** Each part leaves it just before `prepare` is given it. */
  readonly open: OpenWindow;
}

/**
 * Gives a window to `prepare` in these parts, and asks for the rest until the sink has no more. Yields
 * after each call of `prepare` what it returned, so that the next call can be in a later turn.
 */
export function* prepareInParts(
  parts: readonly (readonly MetricSnapshot[])[],
  { sink, calls, breach, open }: PrepareOptions,
): Generator<ReadPart> {
  const reader = new PreparedWindowReader(breach);
  const prepare = (part: readonly MetricSnapshot[], last: boolean): ReadPart => {
    open.give(part.length);
    if (sink.prepare === undefined) return { snapshots: part, rejected: [], more: false };
    let prepared: unknown;
    try {
      prepared = sink.prepare(part, { last });
    } catch (error) {
      calls.addAnswer(error);
      return breach("prepare() does not throw", `It threw: ${describeThrown(error)}`, error);
    }
    const read = reader.read(prepared);
    for (const { reason } of read.rejected) calls.addAnswer(reason);
    return read;
  };

  for (const part of parts.slice(0, -1)) yield prepare(part, false);
  let read = prepare(parts.at(-1) ?? [], true);
  yield read;
  const series = parts.reduce((sum, { length }) => sum + length, 0);
  for (let asked = 1; read.more; asked++) {
    if (asked > MORE_CALLS + 10 * series) {
      breach(
        "prepare() returns all of a window in the end",
        `Asked ${asked} times for the rest of a window of ${series} series, it still said more: true.`,
      );
    }
    read = prepare([], true);
    yield read;
  }
}
