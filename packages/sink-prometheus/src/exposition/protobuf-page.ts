import { type Family, baseName } from "../naming/family.ts";
import type { FamilyPage, LabelledSeries, PageOptions, ShownDistribution } from "./family-page.ts";
import { type NativeBuckets, toNativeHistogram } from "./native-histogram.ts";
import { ReverseWriter } from "./reverse-writer.ts";

const CHUNK_BYTES = 16_384;

const VARINT = 0;
const FIXED64 = 1;

// The numbers of fields, by message, from io/prometheus/client/metrics.proto of github.com/prometheus/client_model.
const FAMILY = { name: 1, help: 2, type: 3, metric: 4, unit: 5 } as const;
const METRIC = { label: 1, gauge: 2, counter: 3, histogram: 7 } as const;
const LABEL = { name: 1, value: 2 } as const;
const GAUGE = { value: 1 } as const;
const COUNTER = { value: 1, startTimestamp: 3 } as const;
const TIMESTAMP = { seconds: 1, nanos: 2 } as const;
const HISTOGRAM = {
  sampleCount: 1,
  sampleSum: 2,
  bucket: 3,
  schema: 5,
  zeroThreshold: 6,
  zeroCount: 7,
  negativeSpan: 9,
  negativeDelta: 10,
  positiveSpan: 12,
  positiveDelta: 13,
  startTimestamp: 15,
} as const;
const BUCKET = { cumulativeCount: 1, upperBound: 2 } as const;
const SPAN = { offset: 1, length: 2 } as const;
const TYPES = { counter: 0, gauge: 1, distribution: 4 } as const;

/** A family as a protobuf message after its length: the only format with native histograms. */
export class ProtobufPage implements FamilyPage {
  readonly #family: Family;
  readonly #isUtf8: boolean;
  readonly #writer = new ReverseWriter();
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(family: Family, { format, utf8Names }: PageOptions) {
    this.#family = family;
    this.#isUtf8 = utf8Names && format.escaping === "allow-utf-8";
  }

  counter(series: LabelledSeries, value: number): void {
    const writer = this.#writer;
    const from = writer.length;
    this.#timestamp(COUNTER.startTimestamp, series.start);
    this.#double(COUNTER.value, value);
    writer.delimit(METRIC.counter, from);
    this.#endMetric(series, from);
  }

  gauge(series: LabelledSeries, value: number): void {
    const from = this.#writer.length;
    this.#double(GAUGE.value, value);
    this.#writer.delimit(METRIC.gauge, from);
    this.#endMetric(series, from);
  }

  distribution(series: LabelledSeries, shown: ShownDistribution): void {
    const writer = this.#writer;
    const { count, sum, counts, histogram } = shown;
    const from = writer.length;
    this.#timestamp(HISTOGRAM.startTimestamp, series.start);
    if (histogram !== undefined) {
      const { schema, zeroCount, positive, negative } = toNativeHistogram(histogram);
      this.#buckets(HISTOGRAM.positiveSpan, HISTOGRAM.positiveDelta, positive);
      this.#buckets(HISTOGRAM.negativeSpan, HISTOGRAM.negativeDelta, negative);
      this.#varint(HISTOGRAM.zeroCount, zeroCount);
      this.#double(HISTOGRAM.zeroThreshold, 0);
      writer.signed(schema);
      writer.tag(HISTOGRAM.schema, VARINT);
    }
    const { bounds } = this.#family;
    for (let i = bounds.length - 1; i >= 0; i--) {
      const end = writer.length;
      this.#double(BUCKET.upperBound, bounds[i] ?? Infinity);
      this.#varint(BUCKET.cumulativeCount, counts[i] ?? count);
      writer.delimit(HISTOGRAM.bucket, end);
    }
    this.#double(HISTOGRAM.sampleSum, sum);
    this.#varint(HISTOGRAM.sampleCount, count);
    writer.delimit(METRIC.histogram, from);
    this.#endMetric(series, from);
  }

  finish(): readonly Uint8Array[] {
    this.#takeChunk();
    if (this.#length === 0) return [];
    const writer = this.#writer;
    const { kind, help, unitWords, name, utf8Name } = this.#family;
    const full = this.#isUtf8 ? utf8Name : name;
    // The unit is what the name ends with, or else the parser refuses the page. A counter's ends with `_total`.
    if (unitWords !== "" && baseName(kind, full) === full) writer.string(FAMILY.unit, unitWords);
    const unit = writer.take();
    this.#varint(FAMILY.type, TYPES[kind]);
    writer.string(FAMILY.help, help);
    writer.string(FAMILY.name, full);
    writer.varint(writer.length + this.#length + unit.length);
    return [writer.take(), ...this.#chunks, unit];
  }

  #endMetric({ pairs, utf8Pairs }: LabelledSeries, from: number): void {
    const writer = this.#writer;
    const labels = this.#isUtf8 ? utf8Pairs : pairs;
    for (let i = labels.length - 1; i >= 0; i--) {
      const end = writer.length;
      writer.string(LABEL.value, labels[i]?.[1] ?? "");
      writer.string(LABEL.name, labels[i]?.[0] ?? "");
      writer.delimit(METRIC.label, end);
    }
    writer.delimit(FAMILY.metric, from);
    if (writer.length >= CHUNK_BYTES) this.#takeChunk();
  }

  #takeChunk(): void {
    if (this.#writer.length === 0) return;
    const chunk = this.#writer.take();
    this.#length += chunk.length;
    this.#chunks.push(chunk);
  }

  #buckets(spanField: number, deltaField: number, { spans, deltas }: NativeBuckets): void {
    const writer = this.#writer;
    if (spans.length === 0) return;
    const end = writer.length;
    for (let i = deltas.length - 1; i >= 0; i--) writer.signed(deltas[i] ?? 0);
    writer.delimit(deltaField, end);
    for (let i = spans.length - 1; i >= 0; i--)
      this.#span(spanField, spans[i]?.offset ?? 0, spans[i]?.length ?? 0);
  }

  #span(field: number, offset: number, length: number): void {
    const writer = this.#writer;
    const end = writer.length;
    this.#varint(SPAN.length, length);
    writer.signed(offset);
    writer.tag(SPAN.offset, VARINT);
    writer.delimit(field, end);
  }

  #timestamp(field: number, milliseconds: number): void {
    const writer = this.#writer;
    const end = writer.length;
    const seconds = Math.floor(milliseconds / 1_000);
    this.#varint(TIMESTAMP.nanos, Math.floor((milliseconds - seconds * 1_000) * 1e6));
    this.#varint(TIMESTAMP.seconds, Math.max(0, seconds));
    writer.delimit(field, end);
  }

  #varint(field: number, value: number): void {
    this.#writer.varint(value);
    this.#writer.tag(field, VARINT);
  }

  #double(field: number, value: number): void {
    this.#writer.double(value);
    this.#writer.tag(field, FIXED64);
  }
}
