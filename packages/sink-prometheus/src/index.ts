/**
 * A sink that Prometheus scrapes.
 *
 * @module
 */
export { createSink } from "./create-sink.ts";
export { PrometheusSink, type RenderedMetrics } from "./prometheus-sink.ts";
export type { PrometheusSinkOptions } from "./prometheus-sink-options.ts";
export type { FetchRequest, ScrapeRequest, ScrapeResponse } from "./serving/scrape-handler.ts";
