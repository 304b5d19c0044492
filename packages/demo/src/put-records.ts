/** The most requests at the same time; the KPL's `maxConnections`. */
export const MAX_CONNECTIONS = 24;

/** One Kinesis record as PutRecords takes it. */
export interface PutRecordsEntry {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/** The result of one record in an answered request. */
export type PutRecordsResult =
  | { readonly kind: "stored"; readonly shardId: string }
  | { readonly kind: "failed"; readonly code: string };

/**
 * The result of a request.
 *
 * - `answered`: HTTP 200, with one result per record, in order; any of them may have failed.
 * - `failed`: the request as a whole; `code` is the service's exception, or the network's error.
 */
export type PutRecordsReply =
  | { readonly kind: "answered"; readonly results: readonly PutRecordsResult[] }
  | { readonly kind: "failed"; readonly code: string };

/** Sends one request. Never rejects; may run concurrently. */
export type PutRecords = (entries: readonly PutRecordsEntry[]) => Promise<PutRecordsReply>;
