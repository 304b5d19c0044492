import type { Dimensions, ExponentialHistogram } from "@aiokpl/metrics-core";
import type { Family } from "../naming/family.ts";
import type { Format } from "./format.ts";
import { ProtobufPage } from "./protobuf-page.ts";
import { TextPage } from "./text-page.ts";

/** What a page shows of a series besides its value. */
export interface LabelledSeries {
  /** Sorted by name, in names that every Prometheus takes. */
  readonly pairs: Dimensions;
  /** The same in the names that the program gave. */
  readonly utf8Pairs: Dimensions;
  /** `pairs` as text. */
  readonly labels: string;
  /** When the series began, in milliseconds since the epoch. */
  readonly start: number;
}

/** All observations of a distribution's series. */
export interface ShownDistribution {
  readonly count: number;
  readonly sum: number;
  /** For each of the family's bounds, how many values are at most that large. */
  readonly counts: readonly number[];
  /** Undefined if there is none, or the page shows none. */
  readonly histogram: ExponentialHistogram | undefined;
}

/** The part of a page that one family takes up. All its series are together, in the order in which they are added. */
export interface FamilyPage {
  counter(series: LabelledSeries, value: number): void;
  gauge(series: LabelledSeries, value: number): void;
  distribution(series: LabelledSeries, shown: ShownDistribution): void;
  /** Returns the family in pieces, with its header; none if nothing was added. Nothing may be added afterwards. */
  finish(): readonly Uint8Array[];
}

/** What a page shows beyond its format. */
export interface PageOptions {
  readonly format: Format;
  /** Whether names keep the characters that the program gave them, if the scraper takes those. */
  readonly utf8Names: boolean;
  /** Whether OpenMetrics has a line for the moment in which a series began. */
  readonly created: boolean;
}

/** Begins the part of a page that one family takes up. */
export function newFamilyPage(family: Family, options: PageOptions): FamilyPage {
  return options.format.syntax === "protobuf"
    ? new ProtobufPage(family, options)
    : new TextPage(family, options);
}

/** What comes after the last family. */
export function endOf({ syntax }: Format): readonly Uint8Array[] {
  return syntax === "openmetrics" ? [new TextEncoder().encode("# EOF\n")] : [];
}
