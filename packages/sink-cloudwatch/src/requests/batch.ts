import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { WorkTurn } from "@aiokpl/metrics-core/sink";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { datumJson } from "../datums/datum-json.ts";
import { type DatumOptions, toDatum } from "../datums/to-datum.ts";

/** The limits of one request. */
export interface BatchLimits {
  readonly maxDatums: number;
  /** Size of the body before compression. */
  readonly maxBytes: number;
}

interface Written {
  readonly datum: MetricDatum;
  readonly json: string;
  /** Size of the JSON with the separator after it. */
  readonly bytes: number;
}

/**
 * A snapshot and its datum. The datum is made and written as JSON when that is first needed: to do so
 * for 10,000 distributions at once would hold up the program.
 */
export class Item {
  readonly source: MetricSnapshot;
  readonly #options: DatumOptions;
  #written: Written | undefined;

  constructor(source: MetricSnapshot, options: DatumOptions) {
    this.source = source;
    this.#options = options;
  }

  /** The datum, in each form that a request needs. */
  get written(): Written {
    return (this.#written ??= write(toDatum(this.source, this.#options)));
  }

  /** Frees the memory of the datum, which was sent: an export may have ten requests. */
  forget(): void {
    this.#written = undefined;
  }
}

function write(datum: MetricDatum): Written {
  const json = datumJson(datum);
  return { datum, json, bytes: Buffer.byteLength(json) + 1 };
}

/**
 * How many items from `start` on fill one request: as many as fit, and at least one. Sizes are exact,
 * byte by byte. The items are written for that, in several turns of the event loop. Ends early where
 * the signal aborts.
 */
export async function batchLength(
  items: readonly Item[],
  start: number,
  { maxDatums, maxBytes }: BatchLimits,
  { envelopeBytes, signal }: { readonly envelopeBytes: number; readonly signal: AbortSignal },
): Promise<number> {
  const turn = new WorkTurn();
  let bytes = envelopeBytes;
  let length = 0;
  for (const item of items.slice(start, start + maxDatums)) {
    bytes += item.written.bytes;
    if (bytes > maxBytes && length > 0) break;
    length++;
    if (turn.isOver) await turn.next();
    if (signal.aborted) break;
  }
  return length;
}

/** The size in bytes of the body of a request with these items. */
export function bodyBytes(items: readonly Item[], envelopeBytes: number): number {
  return items.reduce((bytes, { written }) => bytes + written.bytes, envelopeBytes);
}

/** The size in bytes of a request's body without datums. */
export function envelopeBytes(namespace: string): number {
  return Buffer.byteLength(envelope(namespace));
}

/** The body of a request, in the JSON that the SDK would write. */
export function bodyOf(items: readonly Item[], namespace: string): Buffer {
  const end = "]}";
  const datums = items.map(({ written }) => written.json).join();
  return Buffer.from(envelope(namespace).slice(0, -end.length) + datums + end);
}

function envelope(namespace: string): string {
  return JSON.stringify({ Namespace: namespace, MetricData: [] });
}
