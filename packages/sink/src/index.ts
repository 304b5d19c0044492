/**
 * What an application imports before a vendor is chosen: core's `createSink`, which prints to the
 * console. To send metrics to a vendor, install the vendor's sink under this package's name:
 * `npm install @aiokpl/sink@npm:@aiokpl/sink-datadog`.
 *
 * @module
 */
export { createSink, type CreateSink, type CreateSinkOptions } from "@aiokpl/metrics-core";
