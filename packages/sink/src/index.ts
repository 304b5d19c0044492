/**
 * What an application imports before a vendor is chosen. To send metrics to a vendor, install the
 * vendor's sink under this package's name: `npm install @aiokpl/sink@npm:@aiokpl/sink-datadog`.
 *
 * @module
 */
import { type CreateSink, createSink as createConsoleSink } from "@aiokpl/metrics-core";

export type { CreateSink, CreateSinkOptions } from "@aiokpl/metrics-core";

/** Makes a sink that prints to the console. The namespace and the instance become the title of each table. */
export const createSink: CreateSink = createConsoleSink;
