/**
 * A sink that sends metrics of `@aiokpl/metrics-core` to Datadog, without an Agent.
 *
 * @module
 */
export { createSink } from "./create-sink.ts";
export type { DatadogSinkOptions } from "./datadog-options.ts";
export { DatadogSink } from "./datadog-sink.ts";
export type { DistributionMapping, Distributions } from "./mapping/mapping.ts";
