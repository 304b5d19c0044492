import type { Dimensions } from "../contract/dimensions.ts";
import type { EventSeries } from "../contract/metric-event.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { SeriesKey } from "../delivery/series-map.ts";
import { type MergeableMetric, seriesConflict } from "../histogram/merge-series.ts";
import { matchesGlob } from "../sink-kit/glob.ts";
import { RecentSeries } from "./recent-series.ts";
import type { ViewRule } from "./view-rule.ts";

/** What becomes of a metric. */
export type Treatment =
  /** It passes as it is, and nothing else gets its name. */
  | { readonly is: "kept" }
  | { readonly is: "dropped" }
  /** It gets this name and some of its dimensions, so its series may become one with others. */
  | {
      readonly is: "changed";
      readonly name: string;
      readonly keeps: ((dimension: string) => boolean) | undefined;
    };

/** A {@link Treatment} that changes a metric. */
export type Change = Extract<Treatment, { is: "changed" }>;

/** So many names are remembered with what becomes of them. */
const MAX_NAMES = 10_000;

const KEPT: Treatment = { is: "kept" };
const DROPPED: Treatment = { is: "dropped" };

/** Applies the rules of a view to single series. */
export class View {
  readonly #rules: readonly ViewRule[];
  /** The names that rules give. A metric that has one already may become one with others. */
  readonly #givenNames: ReadonlySet<string>;
  readonly #treatments = new Map<string, Treatment>();
  /** By the name that they get: the first metric that got it. */
  readonly #firsts = new Map<string, MergeableMetric>();
  readonly #dimensions = new RecentSeries<Dimensions>();

  constructor(rules: readonly ViewRule[]) {
    this.#rules = rules.map((rule) => ({ ...rule }));
    this.#givenNames = new Set(rules.flatMap(({ rename }) => rename ?? []));
  }

  /** What becomes of the metric of this name. */
  treatmentOf(name: string): Treatment {
    const known = this.#treatments.get(name);
    if (known !== undefined) return known;
    if (this.#treatments.size >= MAX_NAMES) this.#treatments.clear();
    const treatment = this.#newTreatment(name);
    this.#treatments.set(name, treatment);
    return treatment;
  }

  /**
   * Why a metric can't have the name that it gets, in words that name both metrics: the first metric that
   * got it is of another kind, unit, `combine` or thresholds. Undefined if it can.
   */
  refusalOf(metric: MergeableMetric, { name }: Change): string | undefined {
    const first = this.#firsts.get(name);
    // A metric that was forgotten may have come back as another one.
    if (first !== undefined && first.name !== metric.name) return seriesConflict(first, metric);
    if (this.#firsts.size >= MAX_NAMES) this.#firsts.clear();
    const { kind, unit, combine, thresholds } = metric;
    this.#firsts.set(name, {
      name: metric.name,
      kind,
      unit,
      ...(combine && { combine }),
      ...(thresholds && { thresholds }),
    });
    return undefined;
  }

  /** As {@link refusalOf}, for single observations, which do not say what thresholds their metric has. */
  refusalOfEvents(series: EventSeries, change: Change): string | undefined {
    const thresholds = this.#firsts.get(change.name)?.thresholds;
    return this.refusalOf({ ...series, ...(thresholds && { thresholds }) }, change);
  }

  /** The series that a series becomes. Its dimensions are the same object for as long as it is in use. */
  seriesOf({ kind, unit, dimensions, overflow }: SeriesKey, { name, keeps }: Change): SeriesKey {
    const kept = keeps === undefined ? dimensions : dimensions.filter(([key]) => keeps(key));
    const series = { name, kind, unit, dimensions, ...(overflow && { overflow }) };
    if (kept.length === dimensions.length) return series;
    const changed = { ...series, dimensions: kept };
    return {
      ...changed,
      dimensions: this.#dimensions.getOrMake(changed, () => Object.freeze(kept)),
    };
  }

  /** The snapshot that a snapshot becomes, before it is merged with others. */
  snapshotOf(snapshot: MetricSnapshot, change: Change): MetricSnapshot {
    const { name, dimensions } = this.seriesOf(snapshot, change);
    return name === snapshot.name && dimensions === snapshot.dimensions
      ? snapshot
      : { ...snapshot, name, dimensions };
  }

  /** To be called when a window was closed. */
  windowClosed(): void {
    this.#dimensions.windowClosed();
  }

  #newTreatment(name: string): Treatment {
    const rule = this.#rules.find(({ match }) => matchesGlob(match, name));
    if (rule?.drop === true) return DROPPED;
    const keeps = rule && filterOf(rule);
    const newName = rule?.rename ?? name;
    const changes = keeps !== undefined || newName !== name || this.#givenNames.has(name);
    return changes ? { is: "changed", name: newName, keeps } : KEPT;
  }
}

function filterOf({
  keepDimensions,
  dropDimensions,
}: ViewRule): ((dimension: string) => boolean) | undefined {
  const kept = keepDimensions && new Set(keepDimensions);
  if (kept !== undefined) return (dimension) => kept.has(dimension);
  const dropped = dropDimensions && new Set(dropDimensions);
  return dropped && ((dimension) => !dropped.has(dimension));
}
