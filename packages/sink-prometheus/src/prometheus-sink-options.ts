import type { Dimensions } from "@aiokpl/metrics-core";
import {
  checkFunction,
  hasOnlyKeys,
  plainObject,
  show,
  Warnings,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import { labelName } from "./naming/label-pairs.ts";

/** Options of {@link PrometheusSink}; each may be left out or undefined. */
export interface PrometheusSinkOptions {
  /** The port on which the sink serves the metrics itself, 0 to 65,535; 0 means any free one. @default none: your server calls `handler`, `fetch` or `render` */
  readonly port?: number | undefined;
  /** The address on which it listens. Anything but loopback lets others read the metrics. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** The path at which the sink's own server has the metrics. @default "/metrics" */
  readonly path?: string | undefined;
  /** A prefix of all names: with `"shop"`, `orders` becomes `shop_orders_total`. @default none */
  readonly namespace?: string | undefined;
  /** Labels that all series have. A dimension that is given with an observation wins. @default none */
  readonly commonLabels?: Readonly<Record<string, string>> | undefined;
  /** Most series that are kept, 1 to 10,000,000. At the limit, one that was idle for an hour makes room. @default 100,000 */
  readonly maxSeries?: number | undefined;
  /** Upper bounds of classic buckets for distributions without `thresholds`, ascending, at most 1,000. @default about twenty powers of 2, by unit */
  readonly classicBuckets?: readonly number[] | undefined;
  /** Whether a scraper that reads protobuf gets native histograms. @default true */
  readonly nativeHistograms?: boolean | undefined;
  /** Whether OpenMetrics has a `_created` line for each counter and distribution. @default false */
  readonly created?: boolean | undefined;
  /** Whether scrapers that allow UTF-8 get names as they are, such as `http.requests_total`. @default false */
  readonly utf8Names?: boolean | undefined;
  /** Most requests that are answered at a time, 1 to 1,000; others get 503. @default 10 */
  readonly maxScrapes?: number | undefined;
  /** For how long `close()` waits for a last scrape of each Prometheus server, or for the first one, in milliseconds, at most 600,000. @default 0 */
  readonly lastScrapeMs?: number | undefined;
  /** Called once for each message about what you should know. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const OPTIONS: readonly (keyof PrometheusSinkOptions)[] = [
  "port",
  "host",
  "path",
  "namespace",
  "commonLabels",
  "maxSeries",
  "classicBuckets",
  "nativeHistograms",
  "created",
  "utf8Names",
  "maxScrapes",
  "lastScrapeMs",
  "onWarning",
];

/** The options, checked and with their defaults. */
export interface SettledOptions {
  readonly port: number | undefined;
  readonly host: string;
  readonly path: string;
  readonly namespace: string;
  /** Sorted by name. */
  readonly commonLabels: Dimensions;
  readonly maxSeries: number;
  readonly classicBuckets: readonly number[] | undefined;
  readonly nativeHistograms: boolean;
  readonly created: boolean;
  readonly utf8Names: boolean;
  readonly maxScrapes: number;
  readonly lastScrapeMs: number;
  readonly warnings: Warnings;
}

/**
 * Checks the options and fills in their defaults.
 *
 * @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed
 */
export function settleOptions(options: PrometheusSinkOptions): SettledOptions {
  hasOnlyKeys(plainObject("options", options), OPTIONS);
  const {
    port,
    host = "127.0.0.1",
    path = "/metrics",
    namespace = "",
    commonLabels = {},
  } = options;
  const { maxSeries = 100_000, classicBuckets, maxScrapes = 10, lastScrapeMs = 0 } = options;
  const { nativeHistograms = true, created = false, utf8Names = false } = options;
  const { onWarning = (message) => process.emitWarning(message, "PrometheusSinkWarning") } =
    options;
  checkFunction("onWarning", onWarning);
  if (text("host", host) === "") throw new RangeError('host is "", must be a name or an address');
  if (!/^\/[^?#]*$/.test(text("path", path)))
    throw new RangeError(`path is ${show(path)}, must begin with / and have no ? and no #`);
  return {
    port: port === undefined ? undefined : wholeNumber("port", port, 0, 65_535),
    host,
    path,
    namespace: text("namespace", namespace),
    commonLabels: checkLabels(commonLabels),
    maxSeries: wholeNumber("maxSeries", maxSeries, 1, 10_000_000),
    classicBuckets: classicBuckets === undefined ? undefined : checkBounds(classicBuckets),
    nativeHistograms: flag("nativeHistograms", nativeHistograms),
    created: flag("created", created),
    utf8Names: flag("utf8Names", utf8Names),
    maxScrapes: wholeNumber("maxScrapes", maxScrapes, 1, 1_000),
    lastScrapeMs: wholeNumber("lastScrapeMs", lastScrapeMs, 0, 600_000),
    warnings: new Warnings("prometheus", onWarning),
  };
}

function text(option: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${option} is ${show(value)}, must be a string`);
}

function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${option} is ${show(value)}, must be true or false`);
}

function checkLabels(labels: Readonly<Record<string, string>>): Dimensions {
  const pairs = Object.entries(plainObject("commonLabels", labels)).filter(
    ([name, value]) => text(`commonLabels.${name}`, value) !== "",
  );
  for (const [name] of pairs) {
    const clean = labelName(name);
    if (clean === name && !/^(__.*|le|quantile)$/.test(name)) continue;
    throw new RangeError(
      `commonLabels has ${show(name)}, must have names of ASCII letters, digits and _ that begin with a letter, other than le, quantile, job and instance`,
    );
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkBounds(bounds: readonly number[]): readonly number[] {
  const isAscending =
    Array.isArray(bounds) &&
    bounds.length <= 1_000 &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]));
  if (isAscending) return [...bounds];
  throw new RangeError(
    `classicBuckets is ${show(bounds)}, must be a list of at most 1,000 finite numbers in ascending order`,
  );
}
