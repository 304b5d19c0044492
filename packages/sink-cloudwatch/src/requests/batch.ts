import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { jsonBytes } from "./json-bytes.ts";
import { type DatumOptions, toDatum } from "../datums/to-datum.ts";

/** The limits of one request. */
export interface BatchLimits {
  readonly maxDatums: number;
  /** Size of the body before compression. */
  readonly maxBytes: number;
}

/**
 * A snapshot and its datum. The datum is made when it is first needed: to make those of 10,000
 * distributions at once would hold up the program.
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
 * How many items from `start` on fill one request: as many as fit, and at least one. Sizes are exact,
 * byte by byte.
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

/** The size in bytes of the body of a request with these items. */
export function bodyBytes(items: readonly Item[], envelopeBytes: number): number {
  return items.reduce((bytes, { datum }) => bytes + jsonBytes(datum), envelopeBytes);
}

/** The size in bytes of a request's body without datums. */
export function envelopeBytes(namespace: string): number {
  return Buffer.byteLength(JSON.stringify({ Namespace: namespace, MetricData: [] }));
}
