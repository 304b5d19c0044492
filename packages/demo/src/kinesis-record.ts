import { encodeAggregate } from "./aggregated-record.ts";
import type { UserRecord } from "./user-record.ts";

/** What Kinesis stores, and counts against a shard's limits: one user record as it is, or an aggregate of several. */
export interface KinesisRecord {
  readonly userRecords: readonly UserRecord[];
  readonly predictedShard: string;
  /** The first user record's, which takes the whole aggregate to its shard. */
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Bytes of data and key, as Kinesis counts them. */
  readonly bytes: number;
}

/** Makes a Kinesis record of user records of one predicted shard; there must be at least one. */
export function toKinesisRecord(
  first: UserRecord,
  ...others: readonly UserRecord[]
): KinesisRecord {
  const userRecords = [first, ...others];
  const data = others.length === 0 ? first.data : encodeAggregate(userRecords);
  const { predictedShard, partitionKey } = first;
  return {
    userRecords,
    predictedShard,
    partitionKey,
    data,
    bytes: data.length + Buffer.byteLength(partitionKey),
  };
}
