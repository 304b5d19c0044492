import type { kplMetrics, Metrics } from "@aiokpl/metrics-core";
import type { KinesisRecord } from "./kinesis-record.ts";
import type { PutRecordsReply } from "./put-records.ts";
import { EXPIRED, type UserRecord } from "./user-record.ts";

/** A metric with fixed name and dimensions, so that recording needs no look-up. */
interface Handle {
  put(value: number): void;
}

interface ShardHandles {
  readonly userRecordsPut: Handle;
  readonly userRecordsDataPut: Handle;
  readonly userRecordExpired: Handle;
  readonly retriesPerRecord: Handle;
  readonly bufferingTime: Handle;
  readonly kinesisRecordsPut: Handle;
  readonly kinesisRecordsDataPut: Handle;
  readonly userRecordsPerKinesisRecord: Handle;
  readonly allErrors: Handle;
  readonly errorsByCode: Map<string, Handle>;
}

/** A PutRecords call that has ended, whatever its outcome. */
export interface EndedRequest {
  readonly kinesisRecords: readonly KinesisRecord[];
  readonly durationMs: number;
  readonly reply: PutRecordsReply;
}

/** The 15 metrics of the Kinesis Producer Library for one stream. Each is recorded at the same moment as in the KPL. */
export class ProducerMetrics {
  readonly #metrics: Metrics<typeof kplMetrics>;
  readonly #stream: string;
  readonly #shards = new Map<string, ShardHandles>();
  readonly #requestErrorsByCode = new Map<string, Handle>();
  readonly #userRecordsReceived: Handle;
  readonly #userRecordsPending: Handle;
  readonly #requestTime: Handle;
  readonly #kinesisRecordsPerRequest: Handle;
  readonly #userRecordsPerRequest: Handle;
  readonly #requestErrors: Handle;

  constructor(metrics: Metrics<typeof kplMetrics>, stream: string) {
    this.#metrics = metrics;
    this.#stream = stream;
    this.#userRecordsReceived = metrics.bind("UserRecordsReceived", { stream });
    this.#userRecordsPending = metrics.bind("UserRecordsPending", { stream });
    this.#requestTime = metrics.bind("RequestTime", { stream });
    this.#kinesisRecordsPerRequest = metrics.bind("KinesisRecordsPerPutRecordsRequest", { stream });
    this.#userRecordsPerRequest = metrics.bind("UserRecordsPerPutRecordsRequest", { stream });
    this.#requestErrors = metrics.bind("AllErrors", { stream });
  }

  /** A record was handed to the producer. */
  received(): void {
    this.#userRecordsReceived.put(1);
  }

  /** Records how many records are neither stored nor given up. The KPL does so every 200 ms. */
  pending(records: number): void {
    this.#userRecordsPending.put(records);
  }

  /**
   * A PutRecords call has ended. If the whole call failed, that is one error of the stream, however
   * many records it carried. Otherwise each Kinesis record has succeeded (1) or failed (0) on its
   * own, and counts for its predicted shard.
   */
  requestEnded({ kinesisRecords, durationMs, reply }: EndedRequest): void {
    let userRecords = 0;
    for (const { predictedShard, userRecords: members } of kinesisRecords) {
      this.#shard(predictedShard).userRecordsPerKinesisRecord.put(members.length);
      userRecords += members.length;
    }
    this.#requestTime.put(durationMs);
    this.#kinesisRecordsPerRequest.put(kinesisRecords.length);
    this.#userRecordsPerRequest.put(userRecords);

    if (reply.kind === "failed") {
      this.#requestErrors.put(1);
      this.#requestErrorOf(reply.code).put(1);
      return;
    }
    // Without one result per record nobody can tell which result belongs to which.
    if (reply.results.length !== kinesisRecords.length) return;
    for (const [index, { predictedShard, bytes }] of kinesisRecords.entries()) {
      const result = reply.results[index];
      const shard = this.#shard(predictedShard);
      if (result?.kind === "stored") {
        shard.kinesisRecordsPut.put(1);
        shard.kinesisRecordsDataPut.put(bytes);
        // With these zeros the average of AllErrors is the error rate.
        shard.allErrors.put(0);
      } else if (result?.kind === "failed") {
        shard.kinesisRecordsPut.put(0);
        shard.allErrors.put(1);
        this.#errorOf(predictedShard, result.code).put(1);
      }
    }
  }

  /** A record was stored or given up; its last attempt says which. */
  finished(record: UserRecord): void {
    const outcome = record.attempts.at(-1)?.outcome;
    if (outcome === undefined) return;
    const shard = this.#shard(outcome.kind === "stored" ? outcome.shardId : record.predictedShard);
    if (outcome.kind === "stored") {
      shard.userRecordsPut.put(1);
      shard.userRecordsDataPut.put(record.data.length);
    } else {
      shard.userRecordsPut.put(0);
      if (outcome.code === EXPIRED) shard.userRecordExpired.put(1);
    }
    shard.retriesPerRecord.put(record.attempts.length - 1);
    let previousEnd = record.arrival;
    for (const { start, end } of record.attempts) {
      shard.bufferingTime.put(start - previousEnd);
      previousEnd = end;
    }
  }

  #shard(shard: string): ShardHandles {
    let handles = this.#shards.get(shard);
    if (handles === undefined) {
      const dimensions = { stream: this.#stream, shard };
      handles = {
        userRecordsPut: this.#metrics.bind("UserRecordsPut", dimensions),
        userRecordsDataPut: this.#metrics.bind("UserRecordsDataPut", dimensions),
        userRecordExpired: this.#metrics.bind("UserRecordExpired", dimensions),
        retriesPerRecord: this.#metrics.bind("RetriesPerRecord", dimensions),
        bufferingTime: this.#metrics.bind("BufferingTime", dimensions),
        kinesisRecordsPut: this.#metrics.bind("KinesisRecordsPut", dimensions),
        kinesisRecordsDataPut: this.#metrics.bind("KinesisRecordsDataPut", dimensions),
        userRecordsPerKinesisRecord: this.#metrics.bind("UserRecordsPerKinesisRecord", dimensions),
        allErrors: this.#metrics.bind("AllErrors", dimensions),
        errorsByCode: new Map(),
      };
      this.#shards.set(shard, handles);
    }
    return handles;
  }

  #errorOf(shard: string, code: string): Handle {
    const { errorsByCode } = this.#shard(shard);
    let handle = errorsByCode.get(code);
    if (handle === undefined) {
      handle = this.#metrics.bind("ErrorsByCode", { stream: this.#stream, shard, code });
      errorsByCode.set(code, handle);
    }
    return handle;
  }

  #requestErrorOf(code: string): Handle {
    let handle = this.#requestErrorsByCode.get(code);
    if (handle === undefined) {
      handle = this.#metrics.bind("ErrorsByCode", { stream: this.#stream, code });
      this.#requestErrorsByCode.set(code, handle);
    }
    return handle;
  }
}
