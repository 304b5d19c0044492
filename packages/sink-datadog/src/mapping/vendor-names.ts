import { invalidNameReason, percentileSuffix } from "../naming/metric-name.ts";
import type { Mapping } from "./mapping.ts";

/** Most metrics whose names are remembered. Beyond that all are forgotten, and claimed again as they come. */
const MAX_METRICS = 20_000;

/**
 * Remembers which metric each name at Datadog belongs to. A name has one type there, and two metrics
 * of one name would overwrite each other. So the first metric keeps a name, and any other is refused.
 */
export class VendorNames {
  readonly #owners = new Map<string, string>();
  readonly #reasons = new Map<string, string | undefined>();
  readonly #percentiles: readonly string[];

  constructor(percentiles: readonly number[]) {
    this.#percentiles = percentiles.map(percentileSuffix);
  }

  /** Claims the names under which a metric is sent. Returns undefined, or why the metric can't have them. */
  claim(name: string, mapping: Mapping): string | undefined {
    const metric = `the ${mapping} ${name}`;
    if (this.#reasons.has(metric)) return this.#reasons.get(metric);
    if (this.#reasons.size >= MAX_METRICS) {
      this.#reasons.clear();
      this.#owners.clear();
    }
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
