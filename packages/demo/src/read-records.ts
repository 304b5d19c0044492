import { setTimeout } from "node:timers/promises";
import type { Clock } from "@aiokpl/metrics-core";
import type { Input } from "./input.ts";
import { MAX_DATA_BYTES } from "./kinesis-limits.ts";
import { type Line, LineSplitter } from "./line-splitter.ts";
import { Pace } from "./pace.ts";
import type { Producer } from "./producer.ts";

/** What has been read so far: `lines` = `records` + `empty` + `oversize`. */
export interface ReadCounts {
  readonly lines: number;
  /** Lines handed to the producer. */
  readonly records: number;
  /** Empty lines, which become no records. */
  readonly empty: number;
  /** Lines longer than a record may be. */
  readonly oversize: number;
}

/** Reads lines and puts them into the producer, no faster than the rate and the producer allow. */
export class RecordReader {
  readonly #producer: Producer;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  readonly #onOversize: (message: string) => void;
  readonly #counts = { lines: 0, records: 0, empty: 0, oversize: 0 };

  constructor(options: {
    readonly producer: Producer;
    readonly ratePerSecond: number;
    readonly clock: Clock;
    /** Stops the reading between two records. */
    readonly signal: AbortSignal;
    /** Called for each line that is too long. */
    readonly onOversize: (message: string) => void;
  }) {
    this.#producer = options.producer;
    this.#pace = new Pace(options.ratePerSecond, options.clock);
    this.#signal = options.signal;
    this.#onOversize = options.onOversize;
  }

  /** A copy of the counts as they are now. */
  get counts(): ReadCounts {
    return { ...this.#counts };
  }

  /**
   * Reads one input to its end, or until the signal aborts.
   *
   * @throws UsageError if the input cannot be read any further. The producer has all records that were read before.
   */
  async read(input: Input): Promise<void> {
    const splitter = new LineSplitter(MAX_DATA_BYTES);
    for await (const chunk of input.chunks(this.#signal)) {
      for (const line of splitter.push(chunk)) {
        if (this.#signal.aborted) return;
        await this.#take(line, input);
      }
    }
    const last = this.#signal.aborted ? undefined : splitter.end();
    if (last !== undefined) await this.#take(last, input);
  }

  async #take(line: Line, input: Input): Promise<void> {
    if (line.kind === "record") {
      const waitMs = this.#pace.next();
      if (waitMs > 0) await setTimeout(waitMs, undefined, { signal: this.#signal }).catch(() => {});
      while (!this.#producer.hasRoom) await this.#producer.progress();
      // If reading was stopped while this record waited for its turn, it does not count as read.
      if (this.#signal.aborted) return;
      this.#counts.records++;
      this.#producer.put(line.data);
    } else if (line.kind === "oversize") {
      this.#counts.oversize++;
      this.#onOversize(
        `${input.name}:${line.lineNumber}: refused, ${line.bytes} bytes long; a record takes at most ${MAX_DATA_BYTES}`,
      );
    } else {
      this.#counts.empty++;
    }
    this.#counts.lines++;
  }
}
