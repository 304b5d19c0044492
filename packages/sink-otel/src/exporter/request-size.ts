import type { Dimensions } from "@aiokpl/metrics-core";
import type { Values } from "../metric-data/metric-data-builder.ts";
import type { BoundariesOf } from "../metric-data/explicit-buckets.ts";
import { snapshotOf } from "../series/delta.ts";
import { type ExportItem, isTotal, newIn } from "./export-item.ts";

/**
 * How long an exporter should encode a request, in milliseconds. It does so without a pause, and 10 ms is the most that
 * the event loop may be held. The other half is for a request that takes longer than those before it.
 */
const LONGEST_ENCODING_MS = 4;

/**
 * How much a request may hold, in microseconds that the exporter would need on a slow machine. What the exporter really
 * takes decides from the second request on: each one costs as much as 500 points, so large ones are cheaper.
 *
 * It makes 4,608 counters, 2,910 distributions of 8 buckets or 1,170 of 160, each with two short attributes, or
 * 450 counters with two of 1,000 characters.
 */
const MOST_MICROS = 15_000;

/**
 * A further request may hold this much, however long the exporter took for the last one: a busy machine must not make
 * many small requests, which would keep it busier.
 */
const LEAST_MICROS = 5_000;

/**
 * The first request of an export holds less, because code that has not run for a while is slow at first. It is enough
 * for a thousand counters with one attribute.
 */
const FIRST_MICROS = 2_500;

/** Encoding a request that takes longer should have a turn of its own. */
const OWN_TURN_MICROS = 500;

// The slower of OTLP in protobuf and in JSON (exporters 0.301, Node 24, one shared core), rounded up. Measured were
// for a counter without attributes 1.1 µs, with two 2.3, with ten 11; for a distribution with two attributes and
// 8 buckets 4.8 µs, with 160 10.4, with 320 14.7; with 160 explicit buckets 12.5, with 1,000 103.
const POINT_MICROS = 1;
const ATTRIBUTE_MICROS = 1;
// Measured in protobuf: 12,000 counters with two attributes of 20 to 4,000 characters each. It also keeps a request below
// a million characters: three megabytes at most, where gRPC servers take 4 MiB.
const CHARACTER_MICROS = 0.015;
const DISTRIBUTION_MICROS = 1.5;
const BUCKET_MICROS = 0.05;
const EXPLICIT_BUCKET_MICROS = 0.1;

/** Says how much fits into each request of one export. */
export class RequestSizes {
  readonly #boundariesOf: BoundariesOf;
  #micros = FIRST_MICROS;
  /** What the last request holds. */
  #held = 0;

  constructor(boundariesOf: BoundariesOf) {
    this.#boundariesOf = boundariesOf;
  }

  /** Returns how many of the items from `start` on make the next request: at least 1, at most `maxPoints`. */
  next(items: readonly ExportItem[], start: number, maxPoints: number): number {
    let micros = 0;
    let size = 0;
    for (; size < maxPoints; size++) {
      const item = items[start + size];
      if (item === undefined) break;
      const more = encodingMicros(item, this.#boundariesOf);
      if (size > 0 && micros + more > this.#micros) break;
      micros += more;
    }
    this.#held = micros;
    return Math.max(1, size);
  }

  /** Whether encoding the last request takes so long that it should have a turn of its own. */
  get needsOwnTurn(): boolean {
    return this.#held > OWN_TURN_MICROS;
  }

  /**
   * Takes note of how long the exporter has encoded the last request. The next one may hold what would take
   * {@link LONGEST_ENCODING_MS} at this speed, within limits, and at most twice as much as the last one might have held.
   */
  encoded(ms: number): void {
    const fits = (this.#held * LONGEST_ENCODING_MS) / ms;
    this.#micros = Math.min(MOST_MICROS, 2 * this.#micros, Math.max(LEAST_MICROS, fits));
  }
}

function encodingMicros(item: ExportItem, boundariesOf: BoundariesOf): number {
  const series = isTotal(item) ? item : snapshotOf(item);
  const plain = POINT_MICROS + attributesMicros(series.dimensions);
  return series.kind === "distribution"
    ? plain + DISTRIBUTION_MICROS + bucketsMicros(item, boundariesOf)
    : plain;
}

function attributesMicros(dimensions: Dimensions): number {
  let characters = 0;
  for (let i = 0; i < dimensions.length; i++) {
    const pair = dimensions[i];
    if (pair !== undefined) characters += pair[0].length + pair[1].length;
  }
  return dimensions.length * ATTRIBUTE_MICROS + characters * CHARACTER_MICROS;
}

function bucketsMicros(item: ExportItem, boundariesOf: BoundariesOf): number {
  const delta = newIn(item);
  const total = isTotal(item) && typeof item.total === "object" ? item.total : undefined;
  const boundaries = total === undefined ? delta && boundariesOf(delta) : total.boundaries;
  return boundaries === undefined
    ? Math.max(bucketsIn(delta), bucketsIn(total)) * BUCKET_MICROS
    : boundaries.length * EXPLICIT_BUCKET_MICROS;
}

function bucketsIn(values: { readonly histogram?: Values["histogram"] } | undefined): number {
  const histogram = values?.histogram;
  return histogram === undefined
    ? 0
    : histogram.positive.bucketCounts.length + histogram.negative.bucketCounts.length;
}
