import { type KinesisRecord, toKinesisRecord } from "./kinesis-record.ts";
import { AGGREGATION_BYTES } from "./kinesis-limits.ts";
import type { UserRecord } from "./user-record.ts";

/** Most bytes that the aggregate's format adds to a user record's key and data. */
const OVERHEAD_BYTES = 20;

interface OpenAggregate {
  readonly userRecords: [UserRecord, ...UserRecord[]];
  bytes: number;
}

/** Gathers user records into one Kinesis record per predicted shard. Pure: somebody else says when to flush. */
export class Aggregator {
  readonly #open = new Map<string, OpenAggregate>();

  /** Adds a record; returns its shard's Kinesis record where there was no more room in it. */
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

  /** Returns what has been gathered, one Kinesis record per shard that has any, and starts afresh. */
  flush(): KinesisRecord[] {
    const records = [...this.#open.values()].map((open) => toKinesisRecord(...open.userRecords));
    this.#open.clear();
    return records;
  }
}
