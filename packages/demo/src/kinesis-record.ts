import { encodeAggregate } from "./aggregated-record.ts";
import type { UserRecord } from "./user-record.ts";

/** A record as Kinesis stores it: one user record as it is, or an aggregate of several. */
export interface KinesisRecord {
  readonly userRecords: readonly UserRecord[];
  readonly predictedShard: string;
  /** The key of the first user record; it decides the shard of the whole aggregate. */
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Bytes of data and key, as Kinesis counts them. */
  readonly bytes: number;
}

/** Creates a Kinesis record from at least one user record; all must have the same predicted shard. */
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
