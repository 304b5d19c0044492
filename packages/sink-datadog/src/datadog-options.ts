import { hostname } from "node:os";
import type { MetricKind } from "@aiokpl/metrics-core";
import {
  checkFunction,
  hasOnlyKeys,
  oneOf,
  plainObject,
  show,
  Warnings,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import { checkApiKey } from "./client/api-key.ts";
import type { ClientOptions } from "./client/datadog-client.ts";
import { checkedBaseUrl } from "./client/base-url.ts";
import { siteUrl } from "./client/site.ts";
import { type Distributions, type Mapping, mappingOf } from "./mapping/mapping.ts";
import { commonTags } from "./naming/common-tags.ts";
import type { CommonTags } from "./naming/tags.ts";

/** Options of {@link DatadogSink}; all but `apiKey` may be left out or undefined. */
export interface DatadogSinkOptions {
  /** Datadog's API key, not an application key. */
  readonly apiKey: string;
  /** The Datadog site of the account, such as `datadoghq.eu` or `us5.datadoghq.com`. @default "datadoghq.com" */
  readonly site?: string | undefined;
  /** An http or https URL to use instead of a site, for proxies and compatible servers. It may have a path. @default the site's API */
  readonly baseUrl?: string | undefined;
  /** True to allow a `baseUrl` of another host that begins with `http://`, although the API key then goes over the network unencrypted. @default false */
  readonly allowPlainHttp?: boolean | undefined;
  /** The prefix of metric names, which a dot follows. It begins with an ASCII letter. @default "", for none */
  readonly namespace?: string | undefined;
  /** The host of series that have no dimension `host`; `""` for none. @default the system's host name */
  readonly host?: string | undefined;
  /** Tags of all series. A dimension of the same name wins over the tag. @default none */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The value of the tag `instance`, which keeps this process's counts apart from those of others on its host. Zeros of quiet counters are sent only with it. @default none */
  readonly instance?: string | undefined;
  /** How distributions are sent: one way for all, or a way for each metric by name. @default "aggregates" */
  readonly distributions?: Distributions | undefined;
  /** Percentiles to send with aggregates, each as a gauge: numbers from 0 to 1. @default none */
  readonly percentiles?: readonly number[] | undefined;
  /**
   * What happens to a true distribution when it is unknown whether Datadog took it. `at-least-once`
   * sends it again, and it may count twice; `at-most-once` rejects it. Counts and gauges are always
   * safe to send again. @default "at-least-once"
   */
  readonly distributionDelivery?: "at-least-once" | "at-most-once" | undefined;
  /** Most observations of one series in one window that are sent as a true distribution, 1 to 200,000. With more, that window is sent as aggregates. @default 100,000 */
  readonly maxDistributionValues?: number | undefined;
  /** True to send counts and gauges that are older than an hour. Needs Historical Metrics Ingestion, enabled at Datadog for these metrics. @default false */
  readonly historical?: boolean | undefined;
  /** How counts and gauges are compressed, in requests of over 8 kB. @default "deflate" */
  readonly contentEncoding?: "deflate" | "gzip" | undefined;
  /** Longest that one request may take, in milliseconds, 100 to 600,000. @default 15,000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Most points in a request, 1 to 10,000. @default 2,500 */
  readonly maxBatchPoints?: number | undefined;
  /** Most bytes in a request's body, 1,000 to 5,242,880. @default 5,000,000 */
  readonly maxBatchBytes?: number | undefined;
  /** Most bytes in a request's body when compressed, 500 to 512,000. @default 500,000 */
  readonly maxBatchCompressedBytes?: number | undefined;
  /** Called once for each thing that is changed, merged or left out. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The limits that the Agent keeps to. Its forwarder says that Datadog drops larger requests. */
const MAX_POINTS = 10_000;
const MAX_BYTES = 5_242_880;
const MAX_COMPRESSED_BYTES = 512_000;

const OPTIONS: readonly (keyof DatadogSinkOptions)[] = [
  "apiKey",
  "site",
  "baseUrl",
  "allowPlainHttp",
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

/** Options that were checked, with all defaults filled in. */
export interface SettledOptions {
  readonly client: ClientOptions;
  readonly namespace: string;
  /** The tags and the host of all series; the tag `instance` is among them. */
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
 * Checks options and fills in their defaults.
 *
 * @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed.
 */
export function settleOptions(options: DatadogSinkOptions): SettledOptions {
  hasOnlyKeys(plainObject("options", options), OPTIONS);
  const { namespace = "", historical = false, distributions = "aggregates" } = options;
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
      baseUrl: baseUrlOf(options, (message) => warnings.warn(message)),
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
      tags: commonTags(plainObject("tags", tags), instance, (message) => warnings.warn(message)),
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

function baseUrlOf(
  { site, baseUrl, allowPlainHttp = false }: DatadogSinkOptions,
  warn: (message: string) => void,
): string {
  if (typeof allowPlainHttp !== "boolean")
    throw new TypeError(`allowPlainHttp is ${show(allowPlainHttp)}, must be true or false`);
  if (baseUrl === undefined) return siteUrl(site ?? "datadoghq.com", warn);
  if (site !== undefined)
    throw new TypeError("site can't be combined with baseUrl, which replaces it");
  return checkedBaseUrl(baseUrl, allowPlainHttp ? "any host" : "loopback");
}

function checkPercentiles(percentiles: readonly number[]): readonly number[] {
  const isList = Array.isArray(percentiles);
  if (!isList || !percentiles.every((each) => typeof each === "number" && each >= 0 && each <= 1))
    throw new RangeError(
      `percentiles is ${show(percentiles)}, must be a list of numbers from 0 to 1, such as [0.5, 0.95]`,
    );
  return [...new Set(percentiles)];
}
