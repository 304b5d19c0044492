import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { jsonBytes } from "./to-datum.ts";

/** What one request may hold. */
export interface BatchLimits {
  readonly maxDatums: number;
  /** Of the body before compression. */
  readonly maxBytes: number;
}

/** A datum, and what it is the datum of. */
export interface Item<T> {
  readonly source: T;
  readonly datum: MetricDatum;
}

/**
 * The next items that fill a request, in order from `start` on: no fewer than fit, and at least one.
 * The size is that of the body as it is sent, byte by byte.
 */
export function nextBatch<T>(
  items: readonly Item<T>[],
  start: number,
  { maxDatums, maxBytes }: BatchLimits,
  envelopeBytes: number,
): readonly Item<T>[] {
  let bytes = envelopeBytes;
  let end = start;
  for (; end < items.length && end - start < maxDatums; end++) {
    const item = items[end];
    if (item === undefined) break;
    bytes += jsonBytes(item.datum);
    if (bytes > maxBytes && end > start) break;
  }
  return items.slice(start, end);
}

/** How many bytes a request's body takes besides its datums. */
export function envelopeBytes(namespace: string): number {
  return JSON.stringify({ Namespace: namespace, MetricData: [] }).length;
}
