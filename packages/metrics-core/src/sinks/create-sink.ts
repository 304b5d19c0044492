import { ConsoleSink } from "./console-sink.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";

/** What every sink package's `createSink` takes. */
export interface CreateSinkOptions {
  /** CloudWatch's Namespace, and the prefix of names elsewhere; `""` for none. @default "aiokpl" */
  readonly namespace?: string | undefined;
  /** Tells this process from others on its host. @default what the environment says */
  readonly instance?: string | undefined;
  /** Percentiles of distributions, from 0 to 1, for a vendor that can't compute them from what it is sent, such as Datadog's API. Others ignore it. @default none */
  readonly percentiles?: readonly number[] | undefined;
}

/**
 * The type of the `createSink` that every sink package exports: makes the vendor's sink from the
 * vendor's own environment variables. Synchronous, no I/O, never throws: what is wrong is told by
 * `open()`. So a program that imports `createSink` changes its vendor by changing a dependency.
 */
export type CreateSink = (options?: CreateSinkOptions) => MetricsSink;

/** Core's own: prints to the console, for the time when no vendor is chosen. */
export const createSink: CreateSink = ({ namespace = "aiokpl", instance } = {}) =>
  new ConsoleSink({ title: [namespace, instance].filter(Boolean).join(" ") });
