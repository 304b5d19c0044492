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

  /** Why a metric can't be sent under its name, or undefined. */
  refusal(name: string, mapping: Mapping): string | undefined {
    const owner = `the ${mapping} ${name}`;
    if (this.#reasons.has(owner)) return this.#reasons.get(owner);
    const names = this.#namesOf(name, mapping);
    let reason = names.map(invalidNameReason).find((each) => each !== undefined);
    for (const each of reason === undefined ? names : []) {
      const other = this.#owners.get(each);
      if (other !== undefined) reason ??= `at Datadog ${each} is ${other} already`;
    }
    if (reason === undefined) for (const each of names) this.#owners.set(each, owner);
    this.#reasons.set(owner, reason);
    return reason;
  }

  #namesOf(name: string, mapping: Mapping): readonly string[] {
    if (mapping === "counter" || mapping === "gauge") return [name];
    const aggregates = ["count", "sum", "min", "max", ...this.#percentiles];
    const names = aggregates.map((suffix) => `${name}.${suffix}`);
    return mapping === "aggregates" ? names : [name, ...names];
  }
}
