import type { Dimensions, MetricSnapshot, PreparedWindow, WindowPart } from "@aiokpl/metrics-core";
import { MergedSeries } from "@aiokpl/metrics-core/sink";
import { isBlank, withoutBlanks } from "./blank-dimensions.ts";
import { type DimensionSet, type DimensionSets, setsOf } from "./dimension-sets.ts";

/** Options of {@link RollUp}. */
export interface RollUpOptions {
  readonly dimensionSets: DimensionSets | undefined;
  /** The program's name to CloudWatch's. */
  readonly dimensionNames: Readonly<Record<string, string>>;
  /** Called with what is left out or goes wrong. */
  readonly warn: (message: string) => void;
}

/**
 * Makes one snapshot for each series at CloudWatch, of a window that comes in parts: leaves out
 * dimensions with a blank value, applies the sets, renames dimensions, and merges series that have
 * become the same. Gauges become one reading of their combined level.
 *
 * Without sets and names each part is returned as it came, and nothing is kept: then only blank values
 * could make one series of two, and those are left out of the datums, which CloudWatch adds up.
 */
export class RollUp {
  readonly #options: RollUpOptions;
  readonly #isAsIs: boolean;
  readonly #merged = new MergedSeries();

  constructor(options: RollUpOptions) {
    this.#options = options;
    this.#isAsIs =
      options.dimensionSets === undefined && Object.keys(options.dimensionNames).length === 0;
  }

  /** Takes one part of a window, and returns what can be said by then; more with the last part. */
  prepare(part: readonly MetricSnapshot[], { last }: WindowPart): PreparedWindow {
    for (const snapshot of part) this.#add(snapshot);
    if (this.#isAsIs) return { snapshots: part };
    if (!last) return { snapshots: [] };
    return this.#merged.take();
  }

  #add(snapshot: MetricSnapshot): void {
    const { dimensionSets, dimensionNames, warn } = this.#options;
    const dimensions = withoutBlanks(snapshot.dimensions);
    if (dimensions !== snapshot.dimensions) warnOfBlanks(snapshot.dimensions, warn);
    if (this.#isAsIs) return;
    const present = dimensions === snapshot.dimensions ? snapshot : { ...snapshot, dimensions };
    for (const kept of distinctSubsets(present, dimensionSets, warn)) {
      const named = renamed(kept, dimensionNames, warn);
      this.#merged.add(
        named === snapshot.dimensions ? snapshot : { ...snapshot, dimensions: named },
      );
    }
  }
}

/** What each set keeps of a snapshot's dimensions, once each. */
function distinctSubsets(
  snapshot: MetricSnapshot,
  dimensionSets: DimensionSets | undefined,
  warn: (message: string) => void,
): readonly Dimensions[] {
  const { dimensions } = snapshot;
  const sets = settledSets(snapshot, dimensionSets, warn);
  if (sets === undefined) return [dimensions];
  const subsets: Dimensions[] = [];
  for (const set of sets) {
    const some = dimensions.filter(([name]) => set.includes(name));
    const subset = some.length === dimensions.length ? dimensions : some;
    if (!subsets.some((other) => hasSamePairs(other, subset))) subsets.push(subset);
  }
  return subsets;
}

/** Whether two subsets of the same dimensions are the same. */
function hasSamePairs(a: Dimensions, b: Dimensions): boolean {
  return a.length === b.length && a.every((pair, i) => pair === b[i]);
}

/** The sets for a snapshot; undefined for all dimensions, also where the program's function fails. */
function settledSets(
  snapshot: MetricSnapshot,
  dimensionSets: DimensionSets | undefined,
  warn: (message: string) => void,
): readonly DimensionSet[] | undefined {
  if (dimensionSets === undefined) return undefined;
  try {
    return setsOf(dimensionSets, snapshot);
  } catch (error) {
    warn(`the function dimensionSets failed, so the series keeps all dimensions: ${String(error)}`);
    return undefined;
  }
}

function warnOfBlanks(dimensions: Dimensions, warn: (message: string) => void): void {
  for (const [name, value] of dimensions)
    if (isBlank(value))
      warn(
        `dimension ${JSON.stringify(name)} is left out where its value is blank, since CloudWatch refuses blank values`,
      );
}

function renamed(
  dimensions: Dimensions,
  names: Readonly<Record<string, string>>,
  warn: (message: string) => void,
): Dimensions {
  if (dimensions.every(([name]) => !Object.hasOwn(names, name))) return dimensions;
  const values = new Map<string, string>();
  for (const [name, value] of dimensions) {
    const translated = Object.hasOwn(names, name) ? (names[name] ?? name) : name;
    if (values.has(translated))
      warn(
        `dimensionNames gives two dimensions the name ${JSON.stringify(translated)}; the second one is sent, the first is left out`,
      );
    values.set(translated, value);
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}
