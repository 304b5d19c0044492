/** Requests in flight at most; the KPL's `maxConnections`. */
export const MAX_CONNECTIONS = 24;

/** What PutRecords is given for each Kinesis record. */
export interface PutRecordsEntry {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/** What became of one record of an answered request. */
export type PutRecordsResult =
  | { readonly kind: "stored"; readonly shardId: string }
  | { readonly kind: "failed"; readonly code: string };

/**
 * What became of a request.
 *
 * - `answered`: HTTP 200, with one result per record, in order; any of them may have failed.
 * - `failed`: the request as a whole; `code` is the service's exception, or the network's error.
 */
export type PutRecordsReply =
  | { readonly kind: "answered"; readonly results: readonly PutRecordsResult[] }
  | { readonly kind: "failed"; readonly code: string };

/** Sends one request. Never rejects; may run concurrently. */
export type PutRecords = (entries: readonly PutRecordsEntry[]) => Promise<PutRecordsReply>;
