import { baseName, type Family } from "../naming/family.ts";
import type { FamilyPage, LabelledSeries, PageOptions, ShownDistribution } from "./family-page.ts";
import { escapedHelp, isLegacyName, labelsText, numberText, quotedIfNeeded } from "./text.ts";

/** So many characters are encoded at a time. */
const CHUNK_CHARACTERS = 16_384;

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
  #text = "";
  readonly #chunks: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();

  constructor(family: Family, { format, utf8Names, created }: PageOptions) {
    const { kind, bounds } = family;
    this.#family = family;
    this.#isOpenMetrics = format.syntax === "openmetrics";
    this.#isUtf8 = utf8Names && format.escaping === "allow-utf-8";
    this.#created = created && this.#isOpenMetrics;
    const full = this.#isUtf8 ? family.utf8Name : family.name;
    const base = baseName(kind, full);
    this.#name = this.#isOpenMetrics ? base : full;
    this.#main = new SampleName(full);
    this.#createdName = new SampleName(`${base}_created`);
    this.#bucket = new SampleName(`${full}_bucket`);
    this.#sum = new SampleName(`${full}_sum`);
    this.#count = new SampleName(`${full}_count`);
    this.#bounds = [...bounds, Infinity].map(
      (bound) => `le="${this.#isOpenMetrics ? canonical(bound) : numberText(bound)}"} `,
    );
    this.#hasSum = !this.#isOpenMetrics || !((bounds[0] ?? 0) < 0);
  }

  counter(series: LabelledSeries, value: number): void {
    const labels = this.#labelsOf(series);
    this.#add(`${this.#main.with(labels)}${numberText(value)}\n`);
    this.#addCreated(series, labels);
  }

  gauge(series: LabelledSeries, value: number): void {
    this.#add(`${this.#main.with(this.#labelsOf(series))}${numberText(value)}\n`);
  }

  distribution(series: LabelledSeries, { count, sum, counts }: ShownDistribution): void {
    const labels = this.#labelsOf(series);
    const bucket = this.#bucket.before(labels);
    let text = "";
    for (let i = 0; i < this.#bounds.length; i++)
      text += `${bucket}${this.#bounds[i] ?? ""}${counts[i] ?? count}\n`;
    if (this.#hasSum)
      text += `${this.#sum.with(labels)}${numberText(sum)}\n${this.#count.with(labels)}${count}\n`;
    this.#add(text);
    this.#addCreated(series, labels);
  }

  finish(): readonly Uint8Array[] {
    this.#encode();
    if (this.#chunks.length === 0) return [];
    const { kind, help, unitWords } = this.#family;
    const name = quotedIfNeeded(this.#name);
    const unit = this.#isOpenMetrics && unitWords !== "" ? `# UNIT ${name} ${unitWords}\n` : "";
    const text = escapedHelp(help, this.#isOpenMetrics ? "openmetrics" : "plain");
    const header = `# HELP ${name} ${text}\n# TYPE ${name} ${TYPES[kind]}\n${unit}`;
    return [this.#encoder.encode(header), ...this.#chunks];
  }

  #labelsOf(series: LabelledSeries): string {
    return this.#isUtf8 ? labelsText(series.utf8Pairs) : series.labels;
  }

  #addCreated({ start }: LabelledSeries, labels: string): void {
    if (this.#created) this.#add(`${this.#createdName.with(labels)}${start / 1_000}\n`);
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK_CHARACTERS) this.#encode();
  }

  #encode(): void {
    if (this.#text === "") return;
    this.#chunks.push(this.#encoder.encode(this.#text));
    this.#text = "";
  }
}

/** A sample's name, which is outside the braces, or the first thing inside them if it needs quotes. */
class SampleName {
  /** The name, the opening brace, and what else comes before the first label. */
  readonly #opening: string;
  /** The name without labels, and a space. */
  readonly #alone: string;

  constructor(name: string) {
    const quoted = quotedIfNeeded(name);
    const isLegacy = isLegacyName(name);
    this.#opening = isLegacy ? `${name}{` : `{${quoted},`;
    this.#alone = isLegacy ? `${name} ` : `{${quoted}} `;
  }

  /** The name and the labels, and a space. */
  with(labels: string): string {
    return labels === "" ? this.#alone : `${this.#opening}${labels}} `;
  }

  /** The name and the labels, before one more label. */
  before(labels: string): string {
    return labels === "" ? this.#opening : `${this.#opening}${labels},`;
  }
}

/** A bound as OpenMetrics wants it: one that is a whole number has a decimal point. */
function canonical(bound: number): string {
  const text = numberText(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
