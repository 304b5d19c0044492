import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { labelPairs, OVERFLOW_LABEL } from "./label-pairs.ts";
import { wellFormed } from "./metric-name.ts";

/** A series' labels in both kinds of names, or the reason why it can't have them. */
export type SeriesLabelsOrRefusal =
  | { readonly pairs: Dimensions; readonly utf8Pairs: Dimensions; readonly refusal?: undefined }
  | { readonly pairs?: undefined; readonly refusal: string };

/** Makes a series' labels of its dimensions and of those that all series have. */
export class SeriesLabels {
  readonly #common: Dimensions;

  /** @param common sorted by name; a series' own dimension wins */
  constructor(common: Dimensions) {
    this.#common = common;
  }

  /** The labels of a snapshot's series. */
  of({ dimensions, overflow }: MetricSnapshot): SeriesLabelsOrRefusal {
    const all = this.#with(overflow === true ? withOverflow(dimensions) : dimensions);
    const { pairs, refusal } = labelPairs(all);
    if (refusal !== undefined) return { refusal };
    const utf8Pairs = pairs === all ? pairs : all.map(toWellFormed);
    return { pairs, utf8Pairs };
  }

  #with(dimensions: Dimensions): Dimensions {
    if (this.#common.length === 0) return dimensions;
    const own = new Set(dimensions.map(([name]) => name));
    const missing = this.#common.filter(([name]) => !own.has(name));
    return missing.length === 0 ? dimensions : sorted([...missing, ...dimensions]);
  }
}

function withOverflow(dimensions: Dimensions): Dimensions {
  const [overflow] = OVERFLOW_LABEL;
  return sorted([OVERFLOW_LABEL, ...dimensions.filter(([name]) => name !== overflow)]);
}

function sorted(dimensions: Dimensions): Dimensions {
  return dimensions.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function toWellFormed([name, value]: Dimensions[number]): Dimensions[number] {
  return [wellFormed(name), wellFormed(value)];
}
