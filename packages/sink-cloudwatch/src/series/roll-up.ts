import type { Dimensions, MetricSnapshot } from "@aiokpl/metrics-core";
import { mergeSnapshots } from "@aiokpl/metrics-core/sink";
import { type DimensionSets, setsOf } from "./dimension-sets.ts";

/** Options of {@link rollUp}. */
export interface RollUpOptions {
  readonly dimensionSets: DimensionSets | undefined;
  /** The program's name to CloudWatch's. */
  readonly dimensionNames: Readonly<Record<string, string>>;
  /** Called with what is left out or goes wrong. */
  readonly warn: (message: string) => void;
}

/**
 * Returns a window with one snapshot for each series at CloudWatch. This leaves out dimensions with a
 * blank value, applies the sets, renames dimensions, and merges series that have become the same.
 */
export function rollUp(
  window: readonly MetricSnapshot[],
  options: RollUpOptions,
): readonly MetricSnapshot[] {
  const { dimensionSets, dimensionNames } = options;
  const isAsIs = dimensionSets === undefined && Object.keys(dimensionNames).length === 0;
  if (isAsIs && window.every(({ dimensions }) => dimensions.every(isPresent))) return window;
  const merged = new Map<string, MetricSnapshot>();
  for (const snapshot of window) {
    const dimensions = withoutBlanks(snapshot, options.warn);
    const present = dimensions === snapshot.dimensions ? snapshot : { ...snapshot, dimensions };
    for (const set of settledSets(present, dimensionSets, options.warn)) {
      const kept =
        set === undefined ? dimensions : dimensions.filter(([name]) => set.includes(name));
      const named = renamed(kept, dimensionNames, options.warn);
      const one = named === snapshot.dimensions ? snapshot : { ...snapshot, dimensions: named };
      const key = JSON.stringify([snapshot.name, ...named]);
      const other = merged.get(key);
      merged.set(key, other === undefined ? one : mergeSnapshots(other, one));
    }
  }
  return [...merged.values()];
}

/** The distinct sets for a snapshot, each undefined for all dimensions. Where the program's function fails, that is the only one. */
function settledSets(
  snapshot: MetricSnapshot,
  dimensionSets: DimensionSets | undefined,
  warn: (message: string) => void,
): readonly (readonly string[] | undefined)[] {
  if (dimensionSets === undefined) return [undefined];
  try {
    const sets = setsOf(dimensionSets, snapshot);
    if (sets === undefined) return [undefined];
    const distinct = new Map(
      sets.map((set) => {
        const present = snapshot.dimensions
          .map(([name]) => name)
          .filter((name) => set.includes(name));
        return [JSON.stringify(present), present];
      }),
    );
    return [...distinct.values()];
  } catch (error) {
    warn(`the function dimensionSets failed, so the series keeps all dimensions: ${String(error)}`);
    return [undefined];
  }
}

function withoutBlanks(
  { dimensions }: MetricSnapshot,
  warn: (message: string) => void,
): Dimensions {
  if (dimensions.every(isPresent)) return dimensions;
  return dimensions.filter((dimension) => {
    if (isPresent(dimension)) return true;
    warn(
      `dimension ${JSON.stringify(dimension[0])} is left out where its value is blank, since CloudWatch refuses blank values`,
    );
    return false;
  });
}

function isPresent([, value]: readonly [string, string]): boolean {
  return value.trim() !== "";
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
