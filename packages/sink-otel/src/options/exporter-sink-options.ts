import { hasMethods, oneOf, plainObject, show, wholeNumber } from "@aiokpl/metrics-core/sink";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./bridge-options.ts";
import {
  environmentAttributes,
  isResource,
  type Resource,
  type ResourceAttributes,
  resourceFrom,
} from "../metric-data/resource.ts";
import type { Temporality } from "../metric-data/to-metric-data.ts";

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

/** Options of the exporter sink that were checked, with every default settled. */
export interface SettledExporterSinkOptions extends Bridge {
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
  const { maxBatchPoints = 5_000 } = options;
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
    maxBatchPoints: wholeNumber("maxBatchPoints", maxBatchPoints, 1, 1_000_000),
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
