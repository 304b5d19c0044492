import { type KinesisRecord, toKinesisRecord } from "./kinesis-record.ts";
import { AGGREGATION_BYTES } from "./kinesis-limits.ts";
import type { UserRecord } from "./user-record.ts";

/** Most bytes that the aggregate's format adds to a user record's key and data. */
const OVERHEAD_BYTES = 20;

interface OpenAggregate {
  readonly userRecords: [UserRecord, ...UserRecord[]];
  bytes: number;
}

/** Collects user records into one Kinesis record per predicted shard. It has no timer: its owner calls `flush`. */
export class Aggregator {
  readonly #open = new Map<string, OpenAggregate>();

  /** Adds a record. If it does not fit, returns the shard's Kinesis record as it was, and begins a new one. */
  add(record: UserRecord): KinesisRecord | undefined {
    const bytes = record.data.length + Buffer.byteLength(record.partitionKey) + OVERHEAD_BYTES;
    const open = this.#open.get(record.predictedShard);
    if (open !== undefined && open.bytes + bytes <= AGGREGATION_BYTES) {
      open.userRecords.push(record);
      open.bytes += bytes;
      return undefined;
    }
    this.#open.set(record.predictedShard, { userRecords: [record], bytes });
    return open && toKinesisRecord(...open.userRecords);
  }

  /** Returns the collected Kinesis records, one per shard that has any, and starts again with none. */
  flush(): KinesisRecord[] {
    const records = [...this.#open.values()].map((open) => toKinesisRecord(...open.userRecords));
    this.#open.clear();
    return records;
  }
}
