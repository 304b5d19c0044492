import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { jsonBytes } from "./json-bytes.ts";
import { type DatumOptions, toDatum } from "../datums/to-datum.ts";

/** What one request may hold. */
export interface BatchLimits {
  readonly maxDatums: number;
  /** Of the body before compression. */
  readonly maxBytes: number;
}

/**
 * A snapshot, and the datum that stands for it. That is made when it is asked for first: to make
 * 10,000 distributions' at once would hold up the program.
 */
export class Item {
  readonly source: MetricSnapshot;
  readonly #options: DatumOptions;
  #datum: MetricDatum | undefined;

  constructor(source: MetricSnapshot, options: DatumOptions) {
    this.source = source;
    this.#options = options;
  }

  get datum(): MetricDatum {
    return (this.#datum ??= toDatum(this.source, this.#options));
  }
}

/**
 * How many items fill a request, in order from `start` on: no fewer than fit, and at least one.
 * The size is that of the body as it is sent, byte by byte.
 */
export function batchLength(
  items: readonly Item[],
  start: number,
  { maxDatums, maxBytes }: BatchLimits,
  envelopeBytes: number,
): number {
  let bytes = envelopeBytes;
  let end = start;
  for (; end < items.length && end - start < maxDatums; end++) {
    const item = items[end];
    if (item === undefined) break;
    bytes += jsonBytes(item.datum);
    if (bytes > maxBytes && end > start) break;
  }
  return end - start;
}

/** How many bytes the body of a request with these items takes. */
export function bodyBytes(items: readonly Item[], envelopeBytes: number): number {
  return items.reduce((bytes, { datum }) => bytes + jsonBytes(datum), envelopeBytes);
}

/** How many bytes a request's body takes besides its datums. */
export function envelopeBytes(namespace: string): number {
  return Buffer.byteLength(JSON.stringify({ Namespace: namespace, MetricData: [] }));
}
