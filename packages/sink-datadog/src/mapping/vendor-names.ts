import { invalidNameReason, percentileSuffix } from "../naming/metric-name.ts";
import type { Mapping } from "./mapping.ts";

/**
 * Which metric each of Datadog's names stands for. There a name has one type, and of two series that
 * are one there the last to write would win; so the first metric keeps a name, and any other is refused.
 */
export class VendorNames {
  readonly #owners = new Map<string, string>();
  readonly #reasons = new Map<string, string | undefined>();
  readonly #percentiles: readonly string[];

  constructor(percentiles: readonly number[]) {
    this.#percentiles = percentiles.map(percentileSuffix);
  }

  /** Claims Datadog's names for a metric. Returns why it can't have them, or undefined where it has. */
  claim(name: string, mapping: Mapping): string | undefined {
    const metric = `the ${mapping} ${name}`;
    if (this.#reasons.has(metric)) return this.#reasons.get(metric);
    const names = this.#namesOf(name, mapping);
    const reason =
      names.map(invalidNameReason).find((each) => each !== undefined) ?? this.#conflictOf(names);
    this.#reasons.set(metric, reason);
    if (reason === undefined) for (const each of names) this.#owners.set(each, metric);
    return reason;
  }

  #conflictOf(names: readonly string[]): string | undefined {
    const taken = names.find((each) => this.#owners.has(each));
    return taken && `the name ${taken} at Datadog already belongs to ${this.#owners.get(taken)}`;
  }

  #namesOf(name: string, mapping: Mapping): readonly string[] {
    if (mapping === "counter" || mapping === "gauge") return [name];
    const aggregates = ["count", "sum", "min", "max", ...this.#percentiles];
    const names = aggregates.map((suffix) => `${name}.${suffix}`);
    return mapping === "aggregates" ? names : [name, ...names];
  }
}
