import type { MetricSnapshot } from "@aiokpl/metrics-core";
import type { WorkTurn } from "@aiokpl/metrics-core/sink";
import { datumJson } from "../datums/datum-json.ts";
import type { BodyMemory } from "./body-memory.ts";
import { type DatumOptions, toDatum } from "../datums/to-datum.ts";

/** The limits of one request. */
export interface RequestLimits {
  readonly maxDatums: number;
  /** Size of the body before compression. */
  readonly maxBytes: number;
}

/** How {@link fillRequest} works. */
export interface FillOptions {
  readonly limits: RequestLimits;
  readonly namespace: string;
  readonly datums: DatumOptions;
  readonly memory: BodyMemory;
  readonly turn: WorkTurn;
  /** Ends it early: the request is not to be sent then. */
  readonly signal: AbortSignal;
}

/** A request that is ready to be sent. */
export interface FilledRequest {
  /** How many snapshots are in it. */
  readonly length: number;
  /** The JSON that the SDK would write. Valid until the next request is filled. */
  readonly body: Buffer;
}

/**
 * Fills one request with the snapshots from `start` on: as many as fit, and at least one. Sizes are
 * exact, byte by byte. This takes 5 to 50 ms, so others get their turn meanwhile.
 */
export async function fillRequest(
  snapshots: readonly MetricSnapshot[],
  start: number,
  { limits, namespace, datums, memory, turn, signal }: FillOptions,
): Promise<FilledRequest> {
  const envelope = JSON.stringify({ Namespace: namespace, MetricData: [] });
  let bytes = Buffer.byteLength(envelope);
  const texts: string[] = [];
  for (const snapshot of snapshots.slice(start, start + limits.maxDatums)) {
    const json = datumJson(toDatum(snapshot, datums));
    const text = texts.length === 0 ? json : `,${json}`;
    const bytesWithIt = bytes + Buffer.byteLength(text);
    if (bytesWithIt > limits.maxBytes && texts.length > 0) break;
    bytes = bytesWithIt;
    texts.push(text);
    if (turn.isOver) await turn.next();
    if (signal.aborted) break;
  }
  const end = "]}";
  const body = memory.take(bytes);
  write(body, [envelope.slice(0, -end.length), ...texts, end]);
  return { length: texts.length, body };
}

/** Several times as fast as to join the texts first. */
function write(buffer: Buffer, texts: readonly string[]): void {
  let offset = 0;
  for (const text of texts) offset += buffer.write(text, offset);
}
