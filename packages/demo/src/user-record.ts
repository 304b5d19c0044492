/** One line on its way to the stream, and what has happened to it so far. */
export interface UserRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  /** The shard to which its key should belong. Only the answer says in which shard it was stored. */
  readonly predictedShard: string;
  /** When it was handed to the producer, on the monotonic clock. */
  readonly arrival: number;
  /** Oldest first. */
  readonly attempts: Attempt[];
}

/** One try at storing a record; times are on the monotonic clock. */
interface Attempt {
  readonly start: number;
  readonly end: number;
  readonly outcome: AttemptOutcome;
}

/** Where the record was stored, or why it was not. */
export type AttemptOutcome =
  | { readonly kind: "stored"; readonly shardId: string }
  | { readonly kind: "failed"; readonly code: string };

/** Error code of the attempt that is added to a record when it expires. This attempt has no request. */
export const EXPIRED = "Expired";
