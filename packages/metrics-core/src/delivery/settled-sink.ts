import type { MetricsSink } from "../contract/metrics-sink.ts";
import { show } from "../problems/show.ts";
import { wholeNumber } from "../sink-kit/check-option.ts";

const DEFAULT_MAX_EXPORT_SNAPSHOTS = 10_000;

/** A sink and its properties, which were read and checked once. */
export interface SettledSink {
  readonly sink: MetricsSink;
  /** No other sink of the manager has this name. */
  readonly name: string;
  readonly maxExportSnapshots: number;
  readonly maxAgeMs: number;
  readonly acknowledges: boolean;
  readonly wantsEmptyWindows: boolean;
  readonly opensLate: boolean;
}

/**
 * Checks the properties of a manager's sinks, sets the defaults, and gives each sink a name of its
 * own.
 *
 * @throws TypeError or RangeError for a wrong property. The message names the sink, the value and
 * what is allowed.
 */
export function settleSinks(
  sinks: readonly MetricsSink[],
  exportIntervalMs: number,
): readonly SettledSink[] {
  return sinks.map((sink) => settleSink(sink, exportIntervalMs)).map(withOwnName);
}

function settleSink(sink: MetricsSink, exportIntervalMs: number): SettledSink {
  const { maxExportSnapshots, maxAgeMs, acknowledges, wantsEmptyWindows, opensLate } = sink;
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
    // If the longest age were not longer than a window, the vendor would refuse every window.
    maxAgeMs:
      maxAgeMs === undefined || maxAgeMs === Infinity
        ? Infinity
        : wholeNumber(`maxAgeMs ${ofSink}`, maxAgeMs, exportIntervalMs + 1, most),
    acknowledges: acknowledges !== false,
    wantsEmptyWindows: wantsEmptyWindows === true,
    opensLate: opensLate === true,
  };
}

/**
 * Returns the name of a sink. If it has none, returns the name of its class, and otherwise "sink".
 *
 * @throws TypeError if the name is not a string, or is empty.
 */
export function nameOfSink({ name, constructor }: MetricsSink): string {
  if (name !== undefined) {
    if (typeof name === "string" && name !== "") return name;
    throw new TypeError(`the name of a sink is ${show(name)}, must be a string that is not empty`);
  }
  const isClass = typeof constructor === "function" && constructor !== Object;
  return (isClass && constructor.name) || "sink";
}

/** Adds the sink's position to its name if an earlier sink has the same name. */
function withOwnName(
  sink: SettledSink,
  position: number,
  all: readonly SettledSink[],
): SettledSink {
  const isFirst = all.findIndex(({ name }) => name === sink.name) === position;
  return isFirst ? sink : { ...sink, name: `${sink.name}#${position + 1}` };
}
