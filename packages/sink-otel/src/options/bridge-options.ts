import {
  checkFunction,
  hasOnlyKeys,
  plainObject,
  show,
  Warnings,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import {
  type BoundariesOf,
  checkBoundaries,
  explicitBoundaries,
} from "../metric-data/explicit-buckets.ts";
import { InstrumentNames } from "../names/instrument-names.ts";
import { DEFAULT_SERIES_LIMIT } from "../series/series-limit.ts";

/** The options that all three sinks share. */
export interface BridgeOptions {
  /** Prefix of all names, followed by a dot; `""` for no prefix. @default "" */
  readonly namespace?: string | undefined;
  /** Turns a metric's name into its instrument's name, without the namespace; for example `semanticMetricName`. @default the same name */
  readonly nameOf?: ((name: string) => string) | undefined;
  /** Boundaries of explicit buckets, in ascending order and in the metrics' units. They replace exponential buckets. A metric with thresholds has those as its boundaries. @default exponential buckets */
  readonly explicitBucketBoundaries?: readonly number[] | undefined;
  /** Most series of a metric where totals are cumulative, the overflow series included; 2 to 1,000,000. At the limit, a series that was idle for an hour makes room, except in an SDK's instruments. @default 2,000 */
  readonly maxSeriesPerMetric?: number | undefined;
  /** Called once for each message about what is merged or left out. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const BRIDGE_OPTIONS: readonly (keyof BridgeOptions)[] = [
  "namespace",
  "nameOf",
  "explicitBucketBoundaries",
  "maxSeriesPerMetric",
  "onWarning",
];

/** The shared options, checked and with their defaults. */
export interface Bridge {
  readonly names: InstrumentNames;
  readonly maxSeriesPerMetric: number;
  readonly warnings: Warnings;
  readonly boundaries: readonly number[] | undefined;
  readonly boundariesOf: BoundariesOf;
}

/**
 * Checks the shared options and fills in their defaults.
 *
 * @param others names of the options that the sink has besides these
 * @param warningType type of the process warnings
 * @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed
 */
export function settleBridgeOptions(
  options: BridgeOptions,
  others: readonly string[],
  warningType: string,
): Bridge {
  hasOnlyKeys(plainObject("options", options), [...others, ...BRIDGE_OPTIONS]);
  const { namespace = "", nameOf = (name) => name, explicitBucketBoundaries } = options;
  const { onWarning = (message) => process.emitWarning(message, warningType) } = options;
  const { maxSeriesPerMetric = DEFAULT_SERIES_LIMIT } = options;
  if (typeof namespace !== "string")
    throw new TypeError(`namespace is ${show(namespace)}, must be a string`);
  checkFunction("nameOf", nameOf);
  checkFunction("onWarning", onWarning);
  const warnings = new Warnings("opentelemetry", onWarning);
  const boundaries =
    explicitBucketBoundaries === undefined
      ? undefined
      : checkBoundaries("explicitBucketBoundaries", explicitBucketBoundaries);
  return {
    warnings,
    names: new InstrumentNames(namespace, nameOf, warnings),
    maxSeriesPerMetric: wholeNumber("maxSeriesPerMetric", maxSeriesPerMetric, 2, 1_000_000),
    boundaries,
    boundariesOf: explicitBoundaries(boundaries),
  };
}
