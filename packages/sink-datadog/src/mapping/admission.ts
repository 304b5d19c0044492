import type { MetricKind, MetricSnapshot, RejectedSnapshot } from "@aiokpl/metrics-core";
import { ageReason } from "./age-limits.ts";
import type { Mapping } from "./mapping.ts";
import type { Turn } from "./turn.ts";
import { VendorNames } from "./vendor-names.ts";

/** Snapshots by the endpoint that takes them, and those that none takes. */
export interface Admitted {
  /** Sent as counts and gauges. */
  readonly series: readonly MetricSnapshot[];
  /** Sent as true distributions. */
  readonly distributions: readonly MetricSnapshot[];
  readonly rejected: readonly RejectedSnapshot[];
}

/** The rules by which snapshots are admitted. */
export interface AdmissionRules {
  readonly mappingOf: (kind: MetricKind, name: string) => Mapping;
  readonly maxDistributionValues: number;
  readonly historical: boolean;
  readonly percentiles: readonly number[];
  readonly warn: (message: string) => void;
}

/** Decides how each snapshot is sent, and rejects what Datadog would not take. */
export class Admission {
  readonly #rules: AdmissionRules;
  readonly #names: VendorNames;

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
    this.#names = new VendorNames(rules.percentiles);
  }

  /** Sorts snapshots by endpoint at the time `now`, in epoch milliseconds, and claims their names. Takes several turns. */
  async admit(snapshots: readonly MetricSnapshot[], now: number, turn: Turn): Promise<Admitted> {
    const { mappingOf, maxDistributionValues, historical, warn } = this.#rules;
    const series: MetricSnapshot[] = [];
    const distributions: MetricSnapshot[] = [];
    const rejected: RejectedSnapshot[] = [];
    for (const snapshot of snapshots) {
      const { kind, name, count } = snapshot;
      const configured = mappingOf(kind, name);
      const isTooMany = configured === "distribution" && count > maxDistributionValues;
      const mapping = isTooMany ? "aggregates" : configured;
      if (isTooMany) warn(tooMany(name, maxDistributionValues));
      const reason =
        ageReason(snapshot, mapping, { now, historical }) ?? this.#names.claim(name, configured);
      if (reason !== undefined) rejected.push({ snapshot, reason });
      else if (mapping === "distribution") distributions.push(snapshot);
      else series.push(snapshot);
      if (turn.isOver) await turn.next();
    }
    return { series, distributions, rejected };
  }
}

function tooMany(name: string, limit: number): string {
  return (
    `${name} had more than ${limit} observations in a window (maxDistributionValues), so that window is sent as ` +
    `${name}.count, .sum, .min and .max instead of a distribution`
  );
}
