import {
  checkFunction,
  hasMethods,
  hasOnlyKeys,
  oneOf,
  plainObject,
  show,
  wholeNumber,
} from "@aiokpl/metrics-core/sink";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { checkBoundaries } from "./explicit-buckets.ts";
import {
  environmentAttributes,
  isResource,
  type Resource,
  type ResourceAttributes,
  resourceFrom,
} from "./resource.ts";
import { DEFAULT_SERIES_LIMIT } from "./series-limit.ts";
import type { Temporality } from "./to-metric-data.ts";

/** What the options of the exporter sink and of the producer have in common. */
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

/** Options of {@link OpenTelemetryExporterSink}; all but `exporter` may be left out or undefined. */
export interface OpenTelemetryExporterSinkOptions extends BridgeOptions {
  /** Where metrics go, or what makes it when the sink is opened; what was made so is the sink's own. */
  readonly exporter: PushMetricExporter | (() => PushMetricExporter | Promise<PushMetricExporter>);
  /** True: the exporter is shut down at close. @default false for an exporter, true for one that the sink had made */
  readonly ownsExporter?: boolean | undefined;
  /** What emits: a resource of the SDK's, or attributes. @default what OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say */
  readonly resource?: Resource | ResourceAttributes | undefined;
  /** Whether points are of windows or of all time. @default what the exporter selects, else cumulative */
  readonly temporality?: Temporality | undefined;
  /** Most data points that the exporter is given at once, 1 to 1,000,000. @default 5,000 */
  readonly maxBatchPoints?: number | undefined;
  /** What began longer ago, in milliseconds, is given up; 1,000 to 2^53 − 1. @default nothing is */
  readonly maxAgeMs?: number | undefined;
}

const BRIDGE_OPTIONS: readonly (keyof BridgeOptions)[] = [
  "namespace",
  "nameOf",
  "explicitBucketBoundaries",
  "maxSeriesPerMetric",
  "onWarning",
];

/** Options that were checked, with every default settled. */
export interface SettledBridgeOptions {
  readonly namespace: string;
  readonly nameOf: (name: string) => string;
  readonly boundaries: readonly number[] | undefined;
  readonly maxSeriesPerMetric: number;
  readonly onWarning: (message: string) => void;
}

/** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
export function settleBridgeOptions(
  options: BridgeOptions,
  others: readonly string[],
  warningType: string,
): SettledBridgeOptions {
  hasOnlyKeys(plainObject("options", options), [...others, ...BRIDGE_OPTIONS]);
  const { namespace = "aiokpl", nameOf, explicitBucketBoundaries, onWarning } = options;
  if (typeof namespace !== "string")
    throw new TypeError(`namespace is ${show(namespace)}, must be a string`);
  if (nameOf !== undefined) checkFunction("nameOf", nameOf);
  if (onWarning !== undefined) checkFunction("onWarning", onWarning);
  return {
    namespace,
    nameOf: nameOf ?? ((name) => name),
    boundaries:
      explicitBucketBoundaries &&
      checkBoundaries("explicitBucketBoundaries", explicitBucketBoundaries),
    maxSeriesPerMetric: wholeNumber(
      "maxSeriesPerMetric",
      options.maxSeriesPerMetric ?? DEFAULT_SERIES_LIMIT,
      2,
      1_000_000,
    ),
    onWarning: onWarning ?? ((message) => process.emitWarning(message, warningType)),
  };
}

/** Options of the exporter sink that were checked, with every default settled. */
export interface SettledExporterSinkOptions extends SettledBridgeOptions {
  readonly makeExporter: () => PushMetricExporter | Promise<PushMetricExporter>;
  readonly ownsExporter: boolean;
  readonly resource: Resource;
  readonly temporality: Temporality | undefined;
  readonly maxBatchPoints: number;
  readonly maxAgeMs: number | undefined;
}

/** @throws TypeError or RangeError for a wrong option, naming it, its value and what is allowed. */
export function settleExporterSinkOptions(
  options: OpenTelemetryExporterSinkOptions,
): SettledExporterSinkOptions {
  const bridge = settleBridgeOptions(
    options,
    ["exporter", "ownsExporter", "resource", "temporality", "maxBatchPoints", "maxAgeMs"],
    "OpenTelemetryExporterSinkWarning",
  );
  const { exporter, ownsExporter, resource, temporality, maxAgeMs } = options;
  if (typeof exporter !== "function") checkExporter(exporter);
  if (ownsExporter !== undefined && typeof ownsExporter !== "boolean")
    throw new TypeError(`ownsExporter is ${show(ownsExporter)}, must be true or false`);
  return {
    ...bridge,
    makeExporter: typeof exporter === "function" ? exporter : () => exporter,
    ownsExporter: ownsExporter ?? typeof exporter === "function",
    resource:
      resource === undefined
        ? resourceFrom(environmentAttributes(process.env, undefined))
        : settleResource(plainObject("resource", resource)),
    temporality:
      temporality === undefined
        ? undefined
        : oneOf<Temporality>("temporality", temporality, ["delta", "cumulative"]),
    maxBatchPoints: wholeNumber("maxBatchPoints", options.maxBatchPoints ?? 5_000, 1, 1_000_000),
    maxAgeMs:
      maxAgeMs === undefined
        ? undefined
        : wholeNumber("maxAgeMs", maxAgeMs, 1_000, Number.MAX_SAFE_INTEGER),
  };
}

/** @throws TypeError naming the first method that is missing */
export function checkExporter(exporter: unknown): void {
  hasMethods("exporter", exporter, ["export", "forceFlush", "shutdown"]);
}

function settleResource(resource: Resource | ResourceAttributes): Resource {
  if (isResource(resource)) return resource;
  for (const [name, value] of Object.entries(resource))
    if (typeof value !== "string")
      throw new TypeError(`resource["${name}"] is ${show(value)}, must be a string`);
  return resourceFrom(resource);
}
