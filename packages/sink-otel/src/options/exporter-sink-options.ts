import { hasMethods, oneOf, plainObject, show, wholeNumber } from "@aiokpl/metrics-core/sink";
import type { MetricExporter } from "../exporter/metric-exporter.ts";
import { type Bridge, type BridgeOptions, settleBridgeOptions } from "./bridge-options.ts";
import {
  environmentAttributes,
  isResource,
  type ResourceAttributes,
  resourceFrom,
} from "../metric-data/resource.ts";
import type { Resource } from "../metric-data/sdk-data.ts";
import type { Temporality } from "../metric-data/temporality.ts";

/** Options of {@link OpenTelemetryExporterSink}; all but `exporter` may be left out or undefined. */
export interface OpenTelemetryExporterSinkOptions extends BridgeOptions {
  /** The exporter to send through, or a function that makes one when the sink is opened. An exporter that the function made belongs to the sink. */
  readonly exporter: MetricExporter | (() => MetricExporter | Promise<MetricExporter>);
  /** Whether the sink shuts the exporter down at close. @default false for an exporter, true for a function */
  readonly ownsExporter?: boolean | undefined;
  /** Describes this process: a resource of the SDK, or attributes. @default attributes from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME */
  readonly resource?: Resource | ResourceAttributes | undefined;
  /** Whether a data point covers one window or all time since the series' start. @default the exporter's choice, else cumulative */
  readonly temporality?: Temporality | undefined;
  /** Most data points in one call of the exporter, 1 to 1,000,000. Calls are smaller where encoding takes longer than some milliseconds. @default 5,000 */
  readonly maxBatchPoints?: number | undefined;
  /** Windows that began longer ago than this, in milliseconds, are no longer retried; 1,000 to 2^53 − 1. @default no limit */
  readonly maxAgeMs?: number | undefined;
}

/** The exporter sink's options, checked and with their defaults. */
export interface SettledExporterSinkOptions extends Bridge {
  readonly makeExporter: () => MetricExporter | Promise<MetricExporter>;
  readonly ownsExporter: boolean;
  readonly resource: Resource;
  readonly temporality: Temporality | undefined;
  readonly maxBatchPoints: number;
  readonly maxAgeMs: number | undefined;
}

/**
 * Checks the exporter sink's options and fills in their defaults.
 *
 * @throws TypeError or RangeError for a wrong option; the message names it, its value and what is allowed
 */
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

/**
 * Checks that a value has an exporter's methods.
 *
 * @throws TypeError that names the first missing method
 */
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
