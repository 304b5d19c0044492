import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { show } from "@aiokpl/metrics-core/sink";
import {
  belongsTo,
  type Family,
  type FamilyOrRefusal,
  type MetricIdentity,
  namesOf,
} from "./family.ts";
import { defaultBounds } from "./ladder.ts";
import { metricName, wellFormed } from "./metric-name.ts";

/** What {@link Families} needs to know. */
export interface FamiliesOptions {
  /** A prefix of all names; empty for none. */
  readonly namespace: string;
  /** Bounds of distributions without thresholds; undefined for those of the unit. */
  readonly classicBuckets: readonly number[] | undefined;
}

/** A family with what it takes up. */
interface Entry {
  readonly family: Family;
  /** The first metric's own name. */
  readonly owner: string;
  readonly metrics: Set<string>;
}

/**
 * Gives each metric its family. Metrics whose names become equal share one, if kind, unit and combination agree. If
 * they don't, or if a name is one that another family's samples have, the metric that came later is refused.
 */
export class Families {
  readonly #options: FamiliesOptions;
  /** By the metric's own name. */
  readonly #byMetric = new Map<string, Entry>();
  /** By each name that a family takes up. */
  readonly #byName = new Map<string, Entry>();

  constructor(options: FamiliesOptions) {
    this.#options = options;
  }

  /** Returns the family of a metric, which it makes if there is none. A snapshot decides, so give the first one. */
  assign(snapshot: MetricSnapshot): FamilyOrRefusal {
    const known = this.#byMetric.get(snapshot.name);
    if (known === undefined) return this.#learn(snapshot);
    if (belongsTo(known.family, snapshot)) return { family: known.family };
    return {
      refusal: `${show(snapshot.name)} is ${described(snapshot)}, but was ${described(known.family)} before`,
    };
  }

  /** Forgets a family that has no series any more, so that its names are free. */
  release(family: Family): void {
    const entry = this.#byName.get(family.name);
    if (entry?.family !== family) return;
    for (const name of namesOf(family.kind, family.name)) this.#byName.delete(name);
    for (const metric of entry.metrics) this.#byMetric.delete(metric);
  }

  #learn(snapshot: MetricSnapshot): FamilyOrRefusal {
    const { name, kind, unit } = snapshot;
    const { namespace } = this.#options;
    const named = metricName(namespace === "" ? name : `${namespace}.${name}`, unit, kind);
    if (named === undefined)
      return {
        refusal: `${show(name)} has no ASCII letter or digit, so Prometheus has no name for it`,
      };
    const same = this.#byName.get(named.name);
    if (same?.family.name === named.name && belongsTo(same.family, snapshot))
      return { family: this.#join(same, name) };
    const taken = namesOf(kind, named.name).find((each) => this.#byName.has(each));
    const other = taken === undefined ? undefined : this.#byName.get(taken);
    if (taken !== undefined && other !== undefined)
      return {
        refusal: `${show(name)}, ${described(snapshot)}, would have the name ${taken}, which belongs to ${show(other.owner)}, ${described(other.family)}`,
      };
    const { description, thresholds, combine = "sum" } = snapshot;
    const inUnit = unit === "1" || unit === "" ? "" : `, in ${unit}`;
    const bounds = thresholds?.bounds ?? this.#options.classicBuckets ?? defaultBounds(unit);
    const family: Family = {
      kind,
      unit,
      combine,
      name: named.name,
      utf8Name: named.utf8Name,
      unitWords: named.unit,
      help: wellFormed(
        description === undefined || description.trim() === "" ? `${name}${inUnit}` : description,
      ),
      bounds: kind === "distribution" ? bounds : [],
    };
    const entry = { family, owner: name, metrics: new Set<string>() };
    for (const each of namesOf(kind, named.name)) this.#byName.set(each, entry);
    return { family: this.#join(entry, name) };
  }

  #join(entry: Entry, metric: string): Family {
    entry.metrics.add(metric);
    this.#byMetric.set(metric, entry);
    return entry.family;
  }
}

function described({ kind, unit, combine = "sum" }: Omit<MetricIdentity, "name">): string {
  const combined = kind === "gauge" && combine !== "sum" ? `, combined by ${combine}` : "";
  return `a ${kind}${unit === "1" || unit === "" ? "" : ` in ${show(unit)}`}${combined}`;
}
