import type { MetricsSink } from "../contract/metrics-sink.ts";
import { show } from "../problems/show.ts";
import { wholeNumber } from "../sink-kit/check-option.ts";

const DEFAULT_MAX_EXPORT_SNAPSHOTS = 10_000;

/** A sink with what it says of itself, read and checked once. */
export interface SettledSink {
  readonly sink: MetricsSink;
  /** No other sink of the manager has it. */
  readonly name: string;
  readonly maxExportSnapshots: number;
  readonly maxAgeMs: number;
  readonly acknowledges: boolean;
  readonly wantsEmptyWindows: boolean;
}

/**
 * Settles the defaults of a manager's sinks, and gives each a name of its own.
 *
 * @throws TypeError or RangeError for a wrong property, naming the sink, the value and what is allowed.
 */
export function settleSinks(
  sinks: readonly MetricsSink[],
  exportIntervalMs: number,
): readonly SettledSink[] {
  return sinks.map((sink) => settleSink(sink, exportIntervalMs)).map(withOwnName);
}

function settleSink(sink: MetricsSink, exportIntervalMs: number): SettledSink {
  const { maxExportSnapshots, maxAgeMs, acknowledges, wantsEmptyWindows } = sink;
  const name = nameOfSink(sink);
  const ofSink = `of sink ${name}`;
  const most = Number.MAX_SAFE_INTEGER;
  return {
    sink,
    name,
    maxExportSnapshots: wholeNumber(
      `maxExportSnapshots ${ofSink}`,
      maxExportSnapshots ?? DEFAULT_MAX_EXPORT_SNAPSHOTS,
      1,
      most,
    ),
    // A vendor that refuses what is younger than a window takes none of them.
    maxAgeMs:
      maxAgeMs === undefined || maxAgeMs === Infinity
        ? Infinity
        : wholeNumber(`maxAgeMs ${ofSink}`, maxAgeMs, exportIntervalMs + 1, most),
    acknowledges: acknowledges !== false,
    wantsEmptyWindows: wantsEmptyWindows === true,
  };
}

/**
 * The name that a sink has, else its class's, else "sink".
 *
 * @throws TypeError for a name that is no string, or an empty one.
 */
export function nameOfSink({ name, constructor }: MetricsSink): string {
  if (name !== undefined) {
    if (typeof name === "string" && name !== "") return name;
    throw new TypeError(`the name of a sink is ${show(name)}, must be a string that is not empty`);
  }
  const isClass = typeof constructor === "function" && constructor !== Object;
  return (isClass && constructor.name) || "sink";
}

/** A sink whose name is taken by one before it gets its position as well. */
function withOwnName(
  sink: SettledSink,
  position: number,
  all: readonly SettledSink[],
): SettledSink {
  const isFirst = all.findIndex(({ name }) => name === sink.name) === position;
  return isFirst ? sink : { ...sink, name: `${sink.name}#${position + 1}` };
}
