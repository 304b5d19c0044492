import {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  httpUrl,
  plainObject,
  show,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import type { CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import type { DestroyableMetricDataClient, MetricDataClient } from "./client/metric-data-client.ts";
import type { RequestLimits } from "./requests/fill-request.ts";
import { type DimensionSets, isListOfSets } from "./series/dimension-sets.ts";
import { invalidDimensionNameReason, invalidNamespaceReason } from "./datums/invalid-reason.ts";

/** Options of {@link CloudWatchSink}; each may be left out or undefined. */
export interface CloudWatchSinkOptions {
  /** AWS Region, such as `eu-west-1`. @default AWS_REGION, or the region of the profile that AWS_PROFILE names; without one `open()` rejects */
  readonly region?: string | undefined;
  /** CloudWatch's Namespace: 1 to 255 printable ASCII characters, not beginning with `:` or `AWS/`. @default "aiokpl" */
  readonly namespace?: string | undefined;
  /** An http or https URL to send to instead of AWS, such as a local stack's. @default AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL, the profile's endpoint_url, else the Region's endpoint */
  readonly endpoint?: string | undefined;
  /** False accepts any certificate, for local stacks only. @default true */
  readonly verifyTls?: boolean | undefined;
  /** False sends large requests uncompressed, for local stacks that can't read gzip, such as moto. @default true */
  readonly compression?: boolean | undefined;
  /** Credentials in any form that the SDK's clients take. What a function returns should have an `expiration`: without it the SDK keeps the credentials until CloudWatch refuses them. @default the SDK's provider chain */
  readonly credentials?: CloudWatchClientConfig["credentials"] | undefined;
  /** A `CloudWatchClient` of release 3.930.0 or later that stays the program's: the sink uses it as it is, and does not destroy it. Make it with `maxAttempts: 1`. */
  readonly client?: MetricDataClient | undefined;
  /** Makes such a client for the sink. The sink destroys it at close, and calls this again after CloudWatch has refused its credentials. */
  readonly createClient?:
    | (() => DestroyableMetricDataClient | Promise<DestroyableMetricDataClient>)
    | undefined;
  /** New names for dimensions, such as `kplDimensionNames`: the program's name to CloudWatch's. @default none are renamed */
  readonly dimensionNames?: Readonly<Record<string, string>> | undefined;
  /** The subsets of the dimensions that become series, in the program's names. @default one: all dimensions */
  readonly dimensionSets?: DimensionSets | undefined;
  /** True sends distributions as values with counts, of which CloudWatch makes percentiles; false sends their statistics only, in smaller requests. @default true */
  readonly percentiles?: boolean | undefined;
  /** CloudWatch's resolution in seconds, 1 or 60. @default 1 where the manager's interval is under a minute, else 60 */
  readonly storageResolution?: 1 | 60 | undefined;
  /** Longest that one request of the sink's own client may take, in milliseconds, 100 to 600,000. @default 10,000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Most datums in a request, 1 to 1,000. @default 1,000 */
  readonly maxBatchDatums?: number | undefined;
  /** Most bytes in a request's body before compression, 1,000 to 1,000,000. @default 950,000 */
  readonly maxBatchBytes?: number | undefined;
  /** Called once with each warning, such as one of a dimension that is left out. @default a process warning */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html: "up to 1000 different metrics". */
const MAX_DATUMS = 1_000;
/** The same page allows 1 MB a request. It does not say how many bytes that is, nor whether they are counted before compression. */
const MAX_BYTES = 1_000_000;
const DEFAULT_MAX_BYTES = 950_000;

const OPTIONS: readonly (keyof CloudWatchSinkOptions)[] = [
  "region",
  "namespace",
  "endpoint",
  "verifyTls",
  "compression",
  "credentials",
  "client",
  "createClient",
  "dimensionNames",
  "dimensionSets",
  "percentiles",
  "storageResolution",
  "requestTimeoutMs",
  "maxBatchDatums",
  "maxBatchBytes",
  "onWarning",
];

/** Options that were checked, with their defaults filled in. */
export interface SettledOptions extends CloudWatchSinkOptions {
  readonly namespace: string;
  readonly dimensionNames: Readonly<Record<string, string>>;
  readonly percentiles: boolean;
  readonly requestTimeoutMs: number;
  readonly limits: RequestLimits;
  readonly onWarning: (message: string) => void;
}

/**
 * Checks the options and fills in their defaults.
 *
 * @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed
 */
export function settleOptions(options: CloudWatchSinkOptions): SettledOptions {
  hasOnlyKeys(plainObject("options", options), OPTIONS);
  const { namespace = "aiokpl", dimensionNames = {}, percentiles = true, onWarning } = options;
  const { requestTimeoutMs = 10_000, maxBatchDatums = MAX_DATUMS } = options;
  const { maxBatchBytes = DEFAULT_MAX_BYTES } = options;
  for (const option of ["region", "endpoint", "namespace"] as const)
    checkText(option, options[option]);
  const wrongNamespace = invalidNamespaceReason(namespace);
  if (wrongNamespace !== undefined)
    throw new RangeError(`namespace is ${show(namespace)}: ${wrongNamespace}`);
  const { endpoint } = options;
  if (endpoint !== undefined) httpUrl("endpoint", endpoint);
  const { region } = options;
  if (region !== undefined && !/^[a-z0-9]+(-[a-z0-9]+)*$/i.test(region))
    throw new RangeError(
      `region is ${show(region)}, must be the name of an AWS Region such as "eu-west-1"`,
    );
  for (const option of ["verifyTls", "compression", "percentiles"] as const) {
    const value = options[option];
    if (value !== undefined && typeof value !== "boolean")
      throw new TypeError(`${option} is ${show(value)}, must be true or false`);
  }
  const { credentials } = options;
  // The message leaves out the value, which may be a secret.
  if (credentials !== undefined && typeof credentials !== "function")
    if (typeof credentials !== "object" || credentials === null)
      throw new TypeError("credentials must be an object or a function, as the SDK takes them");
  if (options.client !== undefined) {
    hasMethods("client", options.client, ["send"]);
    hasMethods("client.config", options.client.config, ["region"]);
  }
  if (options.createClient !== undefined) checkFunction("createClient", options.createClient);
  if (onWarning !== undefined) checkFunction("onWarning", onWarning);
  if (options.client !== undefined || options.createClient !== undefined)
    checkNoClientOptions(options);
  if (options.storageResolution !== undefined) checkResolution(options.storageResolution);
  checkDimensionNames(dimensionNames);
  checkDimensionSets(options.dimensionSets);
  return {
    ...options,
    namespace,
    dimensionNames,
    percentiles,
    requestTimeoutMs: wholeNumber("requestTimeoutMs", requestTimeoutMs, 100, 600_000),
    limits: {
      maxDatums: wholeNumber("maxBatchDatums", maxBatchDatums, 1, MAX_DATUMS),
      maxBytes: wholeNumber("maxBatchBytes", maxBatchBytes, 1_000, MAX_BYTES),
    },
    onWarning: onWarning ?? ((message) => process.emitWarning(message, "CloudWatchSinkWarning")),
  };
}

function checkResolution(resolution: unknown): void {
  if (resolution !== 1 && resolution !== 60)
    throw new RangeError(`storageResolution is ${show(resolution)}, must be 1 or 60`);
}

function checkText(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string")
    throw new TypeError(`${option} is ${show(value)}, must be a string`);
}

/** Options for the sink's own client have no effect on another client. */
function checkNoClientOptions(options: CloudWatchSinkOptions): void {
  const given = options.client === undefined ? "createClient" : "client";
  const others = [
    "region",
    "endpoint",
    "verifyTls",
    "compression",
    "credentials",
    "requestTimeoutMs",
  ] as const;
  const contradicting: string | undefined =
    others.find((other) => options[other] !== undefined) ??
    (given === "client" && options.createClient !== undefined ? "createClient" : undefined);
  if (contradicting !== undefined)
    throw new TypeError(
      `${contradicting} can't be combined with ${given}: set it in that client instead`,
    );
}

function checkDimensionNames(names: Readonly<Record<string, string>>): void {
  plainObject("dimensionNames", names);
  for (const [name, given] of Object.entries(names)) {
    if (typeof given !== "string")
      throw new TypeError(`dimensionNames.${name} is ${show(given)}, must be a string`);
    const wrong = invalidDimensionNameReason(given);
    if (wrong !== undefined) throw new RangeError(`dimensionNames.${name}: ${wrong}`);
  }
}

function checkDimensionSets(sets: DimensionSets | undefined): void {
  if (sets === undefined || typeof sets === "function") return;
  if (!isListOfSets(sets) || sets.length === 0)
    throw new TypeError(
      `dimensionSets is ${show(sets)}, must be a function or a list of lists of dimension names, with one list at least`,
    );
}
