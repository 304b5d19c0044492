import {
  checkFunction,
  hasOnlyKeys,
  plainObject,
  show,
  Warnings,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import { checkBoundaries } from "../metric-data/explicit-buckets.ts";
import { InstrumentNames } from "../names/instrument-names.ts";
import { DEFAULT_SERIES_LIMIT, SeriesLimit } from "../series/series-limit.ts";

/** What the options of all three sinks have in common. */
export interface BridgeOptions {
  /** The prefix of names, with a dot after it; `""` for none. @default "aiokpl" */
  readonly namespace?: string | undefined;
  /** The instrument's name, without the namespace, for a metric's; such as `semanticMetricName`. @default the same */
  readonly nameOf?: ((name: string) => string) | undefined;
  /** Boundaries of explicit buckets, ascending, in the metrics' units; in place of exponential buckets. @default exponential */
  readonly explicitBucketBoundaries?: readonly number[] | undefined;
  /** Most series that a metric has in the life of the process where totals are cumulative, the overflow series included; 2 to 1,000,000. @default 2,000 */
  readonly maxSeriesPerMetric?: number | undefined;
  /** Told, once for each message, of what is folded or left out. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const BRIDGE_OPTIONS: readonly (keyof BridgeOptions)[] = [
  "namespace",
  "nameOf",
  "explicitBucketBoundaries",
  "maxSeriesPerMetric",
  "onWarning",
];

/** What follows from the options. */
export interface Bridge {
  readonly names: InstrumentNames;
  readonly limit: SeriesLimit;
  readonly warnings: Warnings;
  readonly boundaries: readonly number[] | undefined;
}

/**
 * @param others the options that a sink has besides
 * @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed.
 */
export function settleBridgeOptions(
  options: BridgeOptions,
  others: readonly string[],
  warningType: string,
): Bridge {
  hasOnlyKeys(plainObject("options", options), [...others, ...BRIDGE_OPTIONS]);
  const { namespace = "aiokpl", nameOf = (name) => name, explicitBucketBoundaries } = options;
  const { onWarning = (message) => process.emitWarning(message, warningType) } = options;
  if (typeof namespace !== "string")
    throw new TypeError(`namespace is ${show(namespace)}, must be a string`);
  checkFunction("nameOf", nameOf);
  checkFunction("onWarning", onWarning);
  const { maxSeriesPerMetric: maxSeries = DEFAULT_SERIES_LIMIT } = options;
  const warnings = new Warnings("opentelemetry", onWarning);
  return {
    warnings,
    names: new InstrumentNames(namespace, nameOf, warnings),
    limit: new SeriesLimit(wholeNumber("maxSeriesPerMetric", maxSeries, 2, 1_000_000), warnings),
    boundaries:
      explicitBucketBoundaries === undefined
        ? undefined
        : checkBoundaries("explicitBucketBoundaries", explicitBucketBoundaries),
  };
}
