import { baseName, type Family } from "../naming/family.ts";
import type { FamilyPage, LabelledSeries, PageOptions, ShownDistribution } from "./family-page.ts";
import { escapedHelp, isLegacyName, labelsText, numberText, quotedIfNeeded } from "./text.ts";
import { Utf8Writer } from "./utf8-writer.ts";

const TYPES = { counter: "counter", gauge: "gauge", distribution: "histogram" } as const;

/**
 * A family in one of the text formats.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export class TextPage implements FamilyPage {
  readonly #family: Family;
  readonly #isOpenMetrics: boolean;
  readonly #isUtf8: boolean;
  readonly #created: boolean;
  /** The name of the family. */
  readonly #name: string;
  readonly #main: SampleName;
  readonly #createdName: SampleName;
  readonly #bucket: SampleName;
  readonly #sum: SampleName;
  readonly #count: SampleName;
  /** The last label of each bucket, with the closing brace. */
  readonly #bounds: readonly string[];
  /** OpenMetrics forbids the sum, and then the count, of a histogram with bounds below zero. */
  readonly #hasSum: boolean;
  readonly #writer = new Utf8Writer();

  constructor(family: Family, { format, utf8Names, created }: PageOptions) {
    const { kind, bounds } = family;
    this.#family = family;
    this.#isOpenMetrics = format.syntax === "openmetrics";
    this.#isUtf8 = utf8Names && format.escaping === "allow-utf-8";
    this.#created = created && this.#isOpenMetrics;
    const full = this.#isUtf8 ? family.utf8Name : family.name;
    const base = baseName(kind, full);
    this.#name = this.#isOpenMetrics ? base : full;
    this.#main = sampleName(full);
    this.#createdName = sampleName(`${base}_created`);
    this.#bucket = sampleName(`${full}_bucket`);
    this.#sum = sampleName(`${full}_sum`);
    this.#count = sampleName(`${full}_count`);
    this.#bounds = [...bounds, Infinity].map((bound) =>
      flat('le="', this.#isOpenMetrics ? canonical(bound) : numberText(bound), '"} '),
    );
    this.#hasSum = !this.#isOpenMetrics || !((bounds[0] ?? 0) < 0);
  }

  counter(series: LabelledSeries, value: number): void {
    const labels = this.#labelsOf(series);
    this.#sample(this.#main, labels, numberText(value));
    if (this.#created) this.#sample(this.#createdName, labels, `${series.start / 1_000}`);
  }

  gauge(series: LabelledSeries, value: number): void {
    this.#sample(this.#main, this.#labelsOf(series), numberText(value));
  }

  distribution(series: LabelledSeries, { count, sum, counts }: ShownDistribution): void {
    const labels = this.#labelsOf(series);
    const beginning = labels === "" ? this.#bucket.opening : `${this.#bucket.opening}${labels},`;
    this.#writer.writeLines(beginning, this.#bounds, [...counts, count]);
    if (this.#hasSum) {
      this.#sample(this.#sum, labels, numberText(sum));
      this.#sample(this.#count, labels, `${count}`);
    }
    if (this.#created) this.#sample(this.#createdName, labels, `${series.start / 1_000}`);
  }

  finish(): readonly Uint8Array[] {
    if (this.#writer.isEmpty) return [];
    const { kind, help, unitWords } = this.#family;
    const name = quotedIfNeeded(this.#name);
    const unit = this.#isOpenMetrics && unitWords !== "" ? `# UNIT ${name} ${unitWords}\n` : "";
    const text = escapedHelp(help, this.#isOpenMetrics ? "openmetrics" : "plain");
    const header = `# HELP ${name} ${text}\n# TYPE ${name} ${TYPES[kind]}\n${unit}`;
    return [new TextEncoder().encode(header), ...this.#writer.chunks()];
  }

  #labelsOf(series: LabelledSeries): string {
    return this.#isUtf8 ? labelsText(series.utf8Pairs) : series.labels;
  }

  #sample({ opening, alone }: SampleName, labels: string, value: string): void {
    const writer = this.#writer;
    if (labels === "") writer.write(alone);
    else {
      writer.write(opening);
      writer.write(labels);
      writer.write("} ");
    }
    writer.write(value);
    writer.write("\n");
  }
}

/** How a sample's line begins. The name is outside the braces, or the first thing inside them if it needs quotes. */
interface SampleName {
  /** What comes before the first label: the name and the opening brace. */
  readonly opening: string;
  /** The name of a sample without labels, and a space. */
  readonly alone: string;
}

function sampleName(name: string): SampleName {
  const quoted = quotedIfNeeded(name);
  return isLegacyName(name)
    ? { opening: flat(name, "{"), alone: flat(name, " ") }
    : { opening: flat("{", quoted, ","), alone: flat("{", quoted, "} ") };
}

/** Text of several parts, as V8 reads it fastest: not as a tree of the parts. */
function flat(...parts: readonly string[]): string {
  return parts.join("");
}

/** A bound as OpenMetrics wants it: one that is a whole number has a decimal point. */
function canonical(bound: number): string {
  const text = numberText(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
