import {
  canonicalDimensions,
  checkHasProperties,
  isDimensionValue,
  MOST_DIMENSIONS,
} from "./recording/canonical-dimensions.ts";
import { checkCatalogue } from "./catalogues/check-catalogue.ts";
import type { CheckedCatalogue, MetricCatalogue, MetricLevel } from "./contract/catalogue.ts";
import {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  oneOf,
  plainObject,
  wholeNumber,
} from "./sink-kit/check-option.ts";
import type { Clock } from "./contract/clock.ts";
import { systemClock } from "./windows/system-clock.ts";
import { LONGEST_TIMEOUT_MS } from "./windows/longest-timeout.ts";
import type { UndeclaredPolicy } from "./recording/metric-registry.ts";
import type { Dimensions, DimensionValues } from "./contract/dimensions.ts";
import type { AnySink, MetricsSink } from "./contract/metrics-sink.ts";
import { nameOfSink, type SettledSink, settleSinks } from "./delivery/settled-sink.ts";
import { show } from "./problems/show.ts";
import { NullSink } from "./sinks/null-sink.ts";
import { type OnError, warnOnError } from "./problems/problems.ts";

const DEFAULT_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 86_400_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_SERIES = 2_000;
const DEFAULT_MAX_DIMENSIONS = 64;
const DEFAULT_COALESCE_AFTER = 50_000;

/** Options of {@link MetricsManager}. All are optional, and each may be undefined. */
export interface MetricsManagerOptions<C extends MetricCatalogue = MetricCatalogue> {
  /**
   * Where the metrics go. If there are several sinks, each gets everything; one that is undefined is left out.
   * @default a NullSink
   */
  readonly sink?: AnySink | readonly (AnySink | undefined)[] | undefined;
  /** How much is recorded. @default "detailed" with a sink, "none" without */
  readonly level?: MetricLevel | undefined;
  /** The program's metrics. If they are given, the types allow no others. */
  readonly metrics?: C | undefined;
  /**
   * What happens to a name or dimension that is not in the catalogue. `"allow"` records it,
   * `"warn"` records it and reports it once, and `"refuse"` refuses the observation. Only a program
   * without types, or with `any`, can record one.
   *
   * @default "warn" with `metrics`, "allow" without
   */
  readonly undeclared?: UndeclaredPolicy | undefined;
  /**
   * Length of a window in milliseconds, 0 to 86,400,000. With 0, only `flush()` and `close()`
   * export.
   *
   * @default the smallest `preferredIntervalMs` of the sinks, or 60,000 if none has one
   */
  readonly exportIntervalMs?: number | undefined;
  /** Longest time that one export may take, in milliseconds, 1 to 3,600,000. @default 30,000 */
  readonly exportTimeoutMs?: number | undefined;
  /**
   * Dimensions of every series. If an observation gives one of them too, the observation's value
   * wins.
   */
  readonly commonDimensions?: DimensionValues | undefined;
  /**
   * Largest number of series of a metric that has no `maxSeries` of its own, 1 to 10,000,000.
   *
   * @default 2,000
   */
  readonly maxSeriesPerMetric?: number | undefined;
  /**
   * Largest number of dimensions of an observation, 1 to 256. An observation with more is refused as
   * `invalid_dimensions`. Absent dimensions and `commonDimensions` don't count.
   *
   * @default 64
   */
  readonly maxDimensions?: number | undefined;
  /**
   * If a sink has more undelivered snapshots than this, its oldest windows are merged. At least 1.
   *
   * @default 50,000
   */
  readonly coalesceAfterSnapshots?: number | undefined;
  /** Where times and timers come from. @default the host's */
  readonly clock?: Clock | undefined;
  /**
   * Called with everything that goes wrong after construction.
   *
   * @default makes process warnings, at most one a minute for each error code and sink
   */
  readonly onError?: OnError | undefined;
}

/**
 * What the constructor of {@link MetricsManager} takes: options, which may be left out. A manager that has the types of a
 * catalogue needs the catalogue, as `metrics`.
 */
export type ManagerArgs<C extends MetricCatalogue> = MetricCatalogue extends C
  ? [options?: MetricsManagerOptions<C> | undefined]
  : [options: MetricsManagerOptions<C> & { readonly metrics: CheckedCatalogue<C> }];

const UNDECLARED_POLICIES: readonly UndeclaredPolicy[] = ["allow", "warn", "refuse"];

/** The levels of a manager. */
export const LEVELS: readonly MetricLevel[] = ["none", "summary", "detailed"];

const OPTIONS: readonly (keyof MetricsManagerOptions)[] = [
  "sink",
  "level",
  "metrics",
  "undeclared",
  "exportIntervalMs",
  "exportTimeoutMs",
  "commonDimensions",
  "maxSeriesPerMetric",
  "maxDimensions",
  "coalesceAfterSnapshots",
  "clock",
  "onError",
];

/** The options of a manager, checked and with all defaults. */
export interface SettledOptions {
  readonly sinks: readonly SettledSink[];
  readonly level: MetricLevel;
  readonly metrics: MetricCatalogue;
  readonly undeclared: UndeclaredPolicy;
  readonly exportIntervalMs: number;
  readonly exportTimeoutMs: number;
  readonly commonDimensions: Dimensions;
  readonly maxSeriesPerMetric: number;
  readonly maxDimensions: number;
  readonly coalesceAfterSnapshots: number;
  readonly clock: Clock;
  readonly onError: OnError;
}

/**
 * @throws TypeError or RangeError for a wrong option. The message names the option, its value and
 * what is allowed.
 */
export function settleOptions(options: MetricsManagerOptions): SettledOptions {
  hasOnlyKeys(plainObject("options", options), OPTIONS);
  const { clock = systemClock, metrics = {}, commonDimensions = {}, onError } = options;
  hasMethods("clock", clock, ["wallTime", "monotonicTime", "setTimer"]);
  if (onError !== undefined) checkFunction("onError", onError);
  checkCatalogue(metrics);
  const wholeOption = (
    option:
      | "exportIntervalMs"
      | "exportTimeoutMs"
      | "maxSeriesPerMetric"
      | "maxDimensions"
      | "coalesceAfterSnapshots",
    fallback: number,
    min: number,
    max: number,
  ): number => wholeNumber(option, options[option] ?? fallback, min, max);
  const given = listOf(options.sink);
  const sinks = given.length === 0 ? [new NullSink()] : given;
  const exportIntervalMs = wholeOption(
    "exportIntervalMs",
    preferredIntervalMs(sinks),
    0,
    LONGEST_INTERVAL_MS,
  );
  return {
    sinks: settleSinks(sinks, exportIntervalMs),
    level: oneOf("level", options.level ?? (given.length === 0 ? "none" : "detailed"), LEVELS),
    metrics,
    undeclared: oneOf(
      "undeclared",
      options.undeclared ?? (options.metrics === undefined ? "allow" : "warn"),
      UNDECLARED_POLICIES,
    ),
    exportIntervalMs,
    exportTimeoutMs: wholeOption("exportTimeoutMs", DEFAULT_TIMEOUT_MS, 1, LONGEST_TIMEOUT_MS),
    commonDimensions: commonOf(commonDimensions),
    maxSeriesPerMetric: wholeOption("maxSeriesPerMetric", DEFAULT_MAX_SERIES, 1, 10_000_000),
    maxDimensions: wholeOption("maxDimensions", DEFAULT_MAX_DIMENSIONS, 1, MOST_DIMENSIONS),
    coalesceAfterSnapshots: wholeOption(
      "coalesceAfterSnapshots",
      DEFAULT_COALESCE_AFTER,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    clock,
    onError: onError ?? warnOnError(clock),
  };
}

function listOf(given: MetricsManagerOptions["sink"]): readonly MetricsSink[] {
  const all = isList(given) ? [...given] : [given];
  return all.filter((each, position): each is AnySink => {
    if (each === undefined) return false;
    hasMethods(isList(given) ? `sink[${position}]` : "sink", each, ["export"]);
    if (all.indexOf(each) !== position) {
      throw new TypeError(
        `sink[${position}] is the same sink as one before it, must be another sink`,
      );
    }
    return true;
  });
}

function isList(
  sink: MetricsManagerOptions["sink"],
): sink is Extract<MetricsManagerOptions["sink"], readonly unknown[]> {
  return Array.isArray(sink);
}

function preferredIntervalMs(sinks: readonly MetricsSink[]): number {
  const preferred = sinks.flatMap((sink) => {
    const { preferredIntervalMs: interval } = sink;
    if (interval === undefined) return [];
    return wholeNumber(
      `preferredIntervalMs of sink ${nameOfSink(sink)}`,
      interval,
      0,
      LONGEST_INTERVAL_MS,
    );
  });
  return preferred.length === 0 ? DEFAULT_INTERVAL_MS : Math.min(...preferred);
}

function commonOf(dimensions: DimensionValues): Dimensions {
  checkHasProperties("commonDimensions", plainObject("commonDimensions", dimensions));
  for (const [name, value] of Object.entries(dimensions)) {
    if (!isDimensionValue(value)) {
      throw new TypeError(
        `commonDimensions.${name} is ${show(value)}, must be a string, number or boolean`,
      );
    }
  }
  return canonicalDimensions(dimensions);
}
