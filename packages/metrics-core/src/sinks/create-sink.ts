import { ConsoleSink } from "./console-sink.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";

/** What every sink package's `createSink` takes. */
export interface CreateSinkOptions {
  /**
   * A prefix of the metrics' names: with `"shop"`, `orders` arrives as `shop.orders`. At CloudWatch it
   * is the Namespace. `""` means none.
   *
   * @default none; at CloudWatch, which needs one, `"aiokpl"`
   */
  readonly namespace?: string | undefined;
  /** Tells this process from others on its host. @default what the environment says */
  readonly instance?: string | undefined;
  /**
   * Which percentiles of a distribution you need, such as `[0.5, 0.99]`, each from 0 to 1. A sink
   * whose vendor computes percentiles itself ignores them. A sink whose vendor cannot, such as
   * Datadog's API, computes them here and sends each as a metric of its own. So they survive a
   * change of the vendor.
   *
   * @default the sink's own default, which its README names
   */
  readonly percentiles?: readonly number[] | undefined;
}

/**
 * The type of the `createSink` that every sink package exports. It makes the vendor's sink from the
 * vendor's own environment variables. It is synchronous, does no I/O and never throws: if something
 * is wrong, `open()` rejects and says what.
 *
 * A program imports it from `@aiokpl/sink`, and installs the package of its vendor under that name:
 * `npm install @aiokpl/sink@npm:@aiokpl/sink-datadog`. So it changes the vendor by changing a
 * dependency.
 */
export type CreateSink = (options?: CreateSinkOptions) => MetricsSink;

/** Core's own: prints to the console, for the time when no vendor is chosen. The namespace and the instance become the title. */
export const createSink: CreateSink = ({ namespace, instance } = {}) =>
  new ConsoleSink({ title: [namespace, instance].filter(Boolean).join(" ") });
