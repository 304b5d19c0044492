import { hostname } from "node:os";
import {
  checkFunction,
  hasOnlyKeys,
  httpUrl,
  oneOf,
  plainObject,
  show,
  Warnings,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import type { ClientOptions } from "./client/datadog-client.ts";
import { type Distributions, type Mapping, mappingOf } from "./mapping/mapping.ts";
import { checkApiKey } from "./client/api-key.ts";
import { siteUrl } from "./client/site.ts";
import { type CommonTags, normalisedDimensions } from "./naming/tags.ts";
import type { MetricKind } from "@aiokpl/metrics-core";

/** Options of {@link DatadogSink}; all but `apiKey` may be left out or undefined. */
export interface DatadogSinkOptions {
  /** Datadog's API key, not an application key. */
  readonly apiKey: string;
  /** Such as `datadoghq.eu`, `us5.datadoghq.com`. @default "datadoghq.com" */
  readonly site?: string | undefined;
  /** In place of a site: an http or https URL, whose path may have a prefix; for proxies and compatible servers. */
  readonly baseUrl?: string | undefined;
  /** The prefix of names, with a dot after it; it begins with an ASCII letter. `""` for none. @default "aiokpl" */
  readonly namespace?: string | undefined;
  /** The host of series that have no dimension `host`; `""` for none. @default the system's */
  readonly host?: string | undefined;
  /** Tags of all series; a series' own dimension of the same name comes first. @default none */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Tells this process from others on its host, as the tag `instance`. @default none */
  readonly instance?: string | undefined;
  /** What becomes of distributions: all of them, or by name. @default "aggregates" */
  readonly distributions?: Distributions | undefined;
  /** Percentiles of aggregates, each a gauge: numbers from 0 to 1. @default none */
  readonly percentiles?: readonly number[] | undefined;
  /**
   * What becomes of true distributions when it is not known whether Datadog took them: sent again,
   * perhaps to count twice, or rejected. All else is safe to send again. @default "at-least-once"
   */
  readonly distributionDelivery?: "at-least-once" | "at-most-once" | undefined;
  /** Most observations of a series and window that are sent as a true distribution, 1 to 200,000; of more the aggregates are sent. @default 100,000 */
  readonly maxDistributionValues?: number | undefined;
  /** True where Historical Metrics Ingestion is enabled for these metrics: counts and gauges older than an hour are sent. @default false */
  readonly historical?: boolean | undefined;
  /** How series are compressed. @default "deflate" */
  readonly contentEncoding?: "deflate" | "gzip" | undefined;
  /** Longest that one request may take, in milliseconds, 100 to 600,000. @default 15,000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Most points in a request, 1 to 10,000. @default 2,500, for the main thread's sake */
  readonly maxBatchPoints?: number | undefined;
  /** Most bytes in a request's body, 1,000 to 5,242,880. @default 5,000,000 */
  readonly maxBatchBytes?: number | undefined;
  /** Most bytes in a request's body when compressed, 500 to 512,000. @default 500,000 */
  readonly maxBatchCompressedBytes?: number | undefined;
  /** Told, once for each message, of what is changed or merged. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The limits of the Agent's own payloads, with which its forwarder says that the intake drops what exceeds them. */
const MAX_POINTS = 10_000;
const MAX_BYTES = 5_242_880;
const MAX_COMPRESSED_BYTES = 512_000;

const OPTIONS: readonly (keyof DatadogSinkOptions)[] = [
  "apiKey",
  "site",
  "baseUrl",
  "namespace",
  "host",
  "tags",
  "instance",
  "distributions",
  "percentiles",
  "distributionDelivery",
  "maxDistributionValues",
  "historical",
  "contentEncoding",
  "requestTimeoutMs",
  "maxBatchPoints",
  "maxBatchBytes",
  "maxBatchCompressedBytes",
  "onWarning",
];

/** Options that were checked, with every default settled. */
export interface SettledOptions {
  readonly client: ClientOptions;
  readonly namespace: string;
  /** `instance` among them. */
  readonly common: CommonTags;
  readonly mappingOf: (kind: MetricKind, name: string) => Mapping;
  readonly percentiles: readonly number[];
  readonly distributionDelivery: "at-least-once" | "at-most-once";
  readonly maxDistributionValues: number;
  readonly historical: boolean;
  readonly maxBatchPoints: number;
  readonly warnings: Warnings;
}

/**
 * Checks options and settles their defaults.
 *
 * @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed.
 */
export function settleOptions(options: DatadogSinkOptions): SettledOptions {
  hasOnlyKeys(plainObject("options", options), OPTIONS);
  const { namespace = "aiokpl", historical = false, distributions = "aggregates" } = options;
  const { tags = {}, instance, host = hostname(), percentiles = [], onWarning } = options;
  const { distributionDelivery = "at-least-once", maxDistributionValues = 100_000 } = options;
  const { contentEncoding = "deflate", requestTimeoutMs = 15_000 } = options;
  const { maxBatchPoints = 2_500, maxBatchBytes = 5_000_000 } = options;
  const { maxBatchCompressedBytes = 500_000 } = options;
  for (const option of ["namespace", "host", "instance"] as const) {
    const value: unknown = options[option];
    if (value !== undefined && typeof value !== "string")
      throw new TypeError(`${option} is ${show(value)}, must be a string`);
  }
  if (namespace !== "" && !/^[A-Za-z]/.test(namespace))
    throw new RangeError(
      `namespace is ${show(namespace)}, must begin with a letter (A-Z, a-z), or be ""`,
    );
  if (typeof historical !== "boolean")
    throw new TypeError(`historical is ${show(historical)}, must be true or false`);
  if (onWarning !== undefined) checkFunction("onWarning", onWarning);
  const tell = onWarning ?? ((message) => process.emitWarning(message, "DatadogSinkWarning"));
  const warnings = new Warnings("datadog", tell);
  return {
    client: {
      apiKey: checkApiKey(options.apiKey),
      baseUrl: baseUrlOf(options),
      contentEncoding: oneOf("contentEncoding", contentEncoding, ["deflate", "gzip"]),
      timeoutMs: wholeNumber("requestTimeoutMs", requestTimeoutMs, 100, 600_000),
      maxBytes: wholeNumber("maxBatchBytes", maxBatchBytes, 1_000, MAX_BYTES),
      maxCompressedBytes: wholeNumber(
        "maxBatchCompressedBytes",
        maxBatchCompressedBytes,
        500,
        MAX_COMPRESSED_BYTES,
      ),
    },
    namespace,
    common: {
      tags: commonTags(plainObject("tags", tags), instance, warnings),
      host: host === "" ? undefined : host,
    },
    mappingOf: mappingOf(distributions, namespace),
    percentiles: checkPercentiles(percentiles),
    distributionDelivery: oneOf("distributionDelivery", distributionDelivery, [
      "at-least-once",
      "at-most-once",
    ]),
    maxDistributionValues: wholeNumber("maxDistributionValues", maxDistributionValues, 1, 200_000),
    historical,
    maxBatchPoints: wholeNumber("maxBatchPoints", maxBatchPoints, 1, MAX_POINTS),
    warnings,
  };
}

function baseUrlOf({ site, baseUrl }: DatadogSinkOptions): string {
  if (baseUrl === undefined) return siteUrl(site === undefined ? "datadoghq.com" : site);
  if (site !== undefined)
    throw new TypeError("site can't be combined with baseUrl, which is in its place");
  if (typeof baseUrl !== "string")
    throw new TypeError(`baseUrl is ${show(baseUrl)}, must be a string`);
  const url = httpUrl("baseUrl", baseUrl);
  if (url.search + url.hash !== "")
    throw new RangeError(`baseUrl is ${show(baseUrl)}, must have no query and no fragment`);
  return url.href.replace(/[/?#]+$/, "");
}

function commonTags(
  tags: Readonly<Record<string, unknown>>,
  instance: string | undefined,
  warnings: Warnings,
): Map<string, string> {
  const warn = (message: string): void => warnings.warn(message);
  const given: [string, string][] = [];
  for (const [key, value] of Object.entries(tags)) {
    if (typeof value !== "string")
      throw new TypeError(`tags.${key} is ${show(value)}, must be a string`);
    if (key.toLowerCase() === "host")
      throw new RangeError(`tags.${key} is an option of its own: host`);
    if (value !== "") given.push([key, value]);
  }
  const common = new Map<string, string>();
  for (const [key, value] of normalisedDimensions(given, warn)) {
    if (common.has(key))
      warn(`the option tags has several values for the tag ${key}: only ${value} is sent`);
    common.set(key, value);
  }
  const own = normalisedDimensions(instance ? [["instance", instance]] : [], warn);
  for (const [key, value] of own) common.set(key, value);
  return common;
}

function checkPercentiles(percentiles: readonly number[]): readonly number[] {
  const isList = Array.isArray(percentiles);
  if (!isList || !percentiles.every((each) => typeof each === "number" && each >= 0 && each <= 1))
    throw new RangeError(
      `percentiles is ${show(percentiles)}, must be a list of numbers from 0 to 1, such as [0.5, 0.95]`,
    );
  return [...new Set(percentiles)];
}
