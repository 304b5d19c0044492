import type { Clock, kplMetrics, Metrics } from "@aiokpl/metrics-core";
import { Aggregator } from "./aggregator.ts";
import { backoffMs } from "./backoff.ts";
import type { KinesisRecord } from "./kinesis-record.ts";
import { partitionKeyOf, shardIdOf, shardIndexOf } from "./partition.ts";
import { ProducerMetrics } from "./producer-metrics.ts";
import { MAX_CONNECTIONS, type PutRecords, type PutRecordsReply } from "./put-records.ts";
import { RequestQueue } from "./request-queue.ts";
import { type AttemptOutcome, EXPIRED, type UserRecord } from "./user-record.ts";

/** How long a record waits for others, at most; the KPL's `recordMaxBufferedTime`. */
const MAX_BUFFERED_MS = 100;

/** How often the KPL measures the number of pending records. */
const PENDING_SAMPLE_MS = 200;

/** If either limit is exceeded, the producer asks its caller to wait. */
const MAX_PENDING_RECORDS = 10_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** The error codes of single records that the KPL retries. With any other code it gives the record up at once. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "InternalFailure",
  "ServiceUnavailable",
]);

const COUNT_MISMATCH: AttemptOutcome = { kind: "failed", code: "Record Count Mismatch" };

/** Options of a {@link Producer}; all are required. */
export interface ProducerOptions {
  readonly stream: string;
  /** How many shards the stream has; they share the hash-key space evenly. */
  readonly shards: number;
  readonly putRecords: PutRecords;
  /** Where the producer records its 15 metrics. */
  readonly metrics: Metrics<typeof kplMetrics>;
  readonly clock: Clock;
  /** Returns random numbers from 0 to 1, which spread the retries. */
  readonly random: () => number;
  /** A record expires if it is not stored within this many milliseconds of its arrival. */
  readonly recordTtlMs: number;
}

/** What has happened to the records so far: `received` = `put` + `expired` + `failed` + `pending`. */
export interface ProducerCounts {
  readonly received: number;
  readonly put: number;
  /** Given up because they were not stored in time. */
  readonly expired: number;
  /** Given up because the service refused them for good. */
  readonly failed: number;
  readonly pending: number;
}

/** Stores user records in the shards of a stream with PutRecords, retries failures, and records the KPL's metrics. */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #metrics: ProducerMetrics;
  readonly #aggregator = new Aggregator();
  readonly #queue = new RequestQueue();
  readonly #counts = { received: 0, put: 0, expired: 0, failed: 0, pending: 0 };
  #pendingBytes = 0;
  #inFlight = 0;
  #cancelFlush: (() => void) | undefined;
  #cancelSample: () => void;
  #waiting: (() => void)[] = [];

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#metrics = new ProducerMetrics(options.metrics, options.stream);
    this.#cancelSample = this.#samplePending();
  }

  /** A copy of the counts as they are now. */
  get counts(): ProducerCounts {
    return { ...this.#counts };
  }

  /** If false, the caller should wait for {@link progress} before it puts more. */
  get hasRoom(): boolean {
    return this.#counts.pending < MAX_PENDING_RECORDS && this.#pendingBytes < MAX_PENDING_BYTES;
  }

  /** Resolves when the next record is finished. At least one record must be pending. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes a record of at most `MAX_DATA_BYTES`. Never throws, never waits. */
  put(data: Buffer): void {
    const { clock, shards } = this.#options;
    const partitionKey = partitionKeyOf(data);
    const predictedShard = shardIdOf(shardIndexOf(partitionKey, shards));
    this.#metrics.received();
    this.#counts.received++;
    this.#counts.pending++;
    this.#pendingBytes += data.length;
    this.#buffer({
      data,
      partitionKey,
      predictedShard,
      arrival: clock.monotonicTime(),
      attempts: [],
    });
  }

  /** Sends the waiting records and resolves when each is stored or given up, at the latest when all have expired and the last request has ended. */
  async close(): Promise<void> {
    this.#flush();
    while (this.#counts.pending > 0) await this.progress();
    this.#cancelFlush?.();
    this.#cancelSample();
    this.#metrics.pending(0);
  }

  #buffer(record: UserRecord): void {
    const full = this.#aggregator.add(record);
    if (full !== undefined) {
      this.#queue.add(full);
      this.#sendWhatIsReady();
    }
    this.#cancelFlush ??= this.#options.clock.setTimer(() => this.#flush(), MAX_BUFFERED_MS, true);
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    for (const kinesisRecord of this.#aggregator.flush()) this.#queue.add(kinesisRecord);
    this.#queue.markDue();
    this.#sendWhatIsReady();
  }

  #sendWhatIsReady(): void {
    while (this.#inFlight < MAX_CONNECTIONS) {
      const kinesisRecords = this.#queue.take();
      if (kinesisRecords === undefined) return;
      void this.#send(kinesisRecords);
    }
  }

  async #send(kinesisRecords: readonly KinesisRecord[]): Promise<void> {
    const { clock, putRecords } = this.#options;
    this.#inFlight++;
    const start = clock.monotonicTime();
    const reply = await putRecords(kinesisRecords);
    const end = clock.monotonicTime();
    this.#inFlight--;
    this.#metrics.requestEnded({ kinesisRecords, durationMs: end - start, reply });
    for (const [index, { userRecords }] of kinesisRecords.entries()) {
      const outcome = outcomeOf(reply, index, kinesisRecords.length);
      for (const record of userRecords) record.attempts.push({ start, end, outcome });
      if (outcome.kind === "failed" && isRetryable(reply, outcome)) this.#retry(userRecords);
      else for (const record of userRecords) this.#finish(record);
    }
    this.#sendWhatIsReady();
  }

  /** After a pause, gives the user records of a failed Kinesis record back to the aggregator, except those that have expired. */
  #retry(userRecords: readonly UserRecord[]): void {
    const { clock, random, recordTtlMs } = this.#options;
    const alive = this.#withoutExpired(userRecords);
    if (alive.length === 0) return;
    const attempts = Math.max(...alive.map((record) => record.attempts.length));
    const timeLeftMs =
      Math.max(...alive.map((record) => record.arrival)) + recordTtlMs - clock.monotonicTime();
    const waitMs = Math.min(backoffMs(attempts, random), timeLeftMs);
    const again = (): void => {
      for (const record of this.#withoutExpired(alive)) this.#buffer(record);
    };
    clock.setTimer(again, waitMs, true);
  }

  /** Finishes the records that have expired and returns the others. As in the KPL, the expiry is added as one more attempt. */
  #withoutExpired(userRecords: readonly UserRecord[]): readonly UserRecord[] {
    const now = this.#options.clock.monotonicTime();
    return userRecords.filter((record) => {
      if (now - record.arrival < this.#options.recordTtlMs) return true;
      record.attempts.push({ start: now, end: now, outcome: { kind: "failed", code: EXPIRED } });
      this.#finish(record);
      return false;
    });
  }

  #finish(record: UserRecord): void {
    this.#metrics.finished(record);
    const outcome = record.attempts.at(-1)?.outcome;
    if (outcome?.kind === "stored") this.#counts.put++;
    else if (outcome?.code === EXPIRED) this.#counts.expired++;
    else this.#counts.failed++;
    this.#counts.pending--;
    this.#pendingBytes -= record.data.length;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #samplePending(): () => void {
    const { clock } = this.#options;
    return clock.setTimer(() => {
      this.#metrics.pending(this.#counts.pending);
      this.#cancelSample = this.#samplePending();
    }, PENDING_SAMPLE_MS);
  }
}

function outcomeOf(reply: PutRecordsReply, index: number, expectedResults: number): AttemptOutcome {
  if (reply.kind === "failed") return reply;
  if (reply.results.length !== expectedResults) return COUNT_MISMATCH;
  return reply.results[index] ?? COUNT_MISMATCH;
}

function isRetryable(
  reply: PutRecordsReply,
  outcome: AttemptOutcome & { kind: "failed" },
): boolean {
  return reply.kind === "failed" || RETRYABLE_CODES.has(outcome.code);
}
