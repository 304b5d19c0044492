import type { KinesisRecord } from "./kinesis-record.ts";
import { MAX_RECORDS_PER_REQUEST, MAX_REQUEST_BYTES } from "./kinesis-limits.ts";

/** Kinesis records that wait to be sent, in order. It does no I/O: its owner sends them. */
export class RequestQueue {
  #records: KinesisRecord[] = [];
  #due = 0;

  add(record: KinesisRecord): void {
    this.#records.push(record);
  }

  /** Marks all waiting records as due, so that they do not wait until a request is full. */
  markDue(): void {
    this.#due = this.#records.length;
  }

  /** Takes the records of the next request: as many as fit, or those that are due. Undefined if there are neither. */
  take(): readonly KinesisRecord[] | undefined {
    let count = 0;
    let bytes = 0;
    for (const record of this.#records) {
      if (count === MAX_RECORDS_PER_REQUEST || bytes + record.bytes > MAX_REQUEST_BYTES) break;
      count++;
      bytes += record.bytes;
    }
    const isFull = count < this.#records.length || count === MAX_RECORDS_PER_REQUEST;
    if (count === 0 || (!isFull && this.#due === 0)) return undefined;
    this.#due = Math.max(0, this.#due - count);
    return this.#records.splice(0, count);
  }
}
