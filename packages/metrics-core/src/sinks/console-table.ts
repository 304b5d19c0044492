import type { Dimensions } from "../contract/dimensions.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { printable } from "../problems/printable.ts";
import { quantile } from "../histogram/quantile.ts";

const HEADINGS = ["metric", "dimensions", "count", "sum", "rate/s", "min", "p50", "p99", "max", ""];
const LEFT_ALIGNED = /* @__PURE__ */ new Set([0, 1, HEADINGS.length - 1]);
const BARS = "▁▂▃▄▅▆▇█";
const PICTURE_CELLS = 16;
const GAP = "  ";
const INDENTATION = "    ";
/** The widest column of names; a longer name is wrapped. */
const NAME_WIDTH = 40;
/** The column of dimensions is at least this wide, also where the terminal is too narrow for it. */
const LEAST_DIMENSIONS_WIDTH = 30;
/** A longer name or `name=value` is cut, since no reader wants a hundred lines of one value. */
const LONGEST_TEXT = 1_024;

/** Made when first needed, and once: making one takes longer than all the rest. */
let numberFormat: Intl.NumberFormat | undefined;

/** Cells of one series. A name and dimensions are lists of parts, between which a line may break. */
interface Row {
  readonly name: readonly string[];
  readonly dimensions: readonly string[];
  readonly numbers: readonly string[];
  /** The share of observations at or under each threshold, for lines of their own. */
  readonly shares?: readonly string[];
}

/**
 * One window as a table that a person reads at a glance: a row per series, sorted by name and
 * dimensions. Dimensions that all series share stand above the table, once. The others are shown in
 * full; where they do not fit into `width` characters, they go on in the next line.
 */
export function formatTable(snapshots: readonly MetricSnapshot[], width: number): string {
  const common = commonDimensions(snapshots);
  const rows = snapshots
    .map((snapshot) => ({ row: rowOf(snapshot, common), key: keyOf(snapshot) }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ row }) => row);
  const [name = "", dimensions = "", ...numbers] = HEADINGS;
  const table: Row[] = [{ name: [name], dimensions: [dimensions], numbers }, ...rows];
  const taken = numbers.map((_, column) =>
    widest(table.map((row) => row.numbers[column]?.length ?? 0)),
  );
  const nameWidth = Math.min(NAME_WIDTH, widest(table.map((row) => lengthOf(row.name))));
  const room = taken.reduce((left, each) => left - GAP.length - each, width - nameWidth);
  const widths = [
    nameWidth,
    Math.min(
      Math.max(room - GAP.length, LEAST_DIMENSIONS_WIDTH),
      widest(table.map((row) => lengthOf(row.dimensions))),
    ),
    ...taken,
  ];
  const shared = common.length === 0 ? [] : wrap(["all series:", ...common.map(shownPair)], width);
  const lines = table.flatMap((row) => [...linesOf(row, widths), ...shareLinesOf(row, width)]);
  return [...shared, ...lines].join("\n");
}

/** The pairs that each series has, where there are several; one alone keeps its dimensions beside it. */
function commonDimensions(snapshots: readonly MetricSnapshot[]): Dimensions {
  const [first, ...others] = snapshots;
  if (first === undefined || others.length === 0) return [];
  return others.reduce((common: Dimensions, { dimensions }) => {
    if (common.length === 0) return common;
    const values = new Map(dimensions);
    return common.filter(([name, value]) => values.get(name) === value);
  }, first.dimensions);
}

/** A row as one line, or as more where its name or dimensions are too wide. */
function linesOf(row: Row, widths: readonly number[]): readonly string[] {
  const [nameWidth = 0, dimensionsWidth = 0] = widths;
  const names = wrap(row.name, nameWidth);
  const dimensions = wrap(row.dimensions, dimensionsWidth);
  return Array.from({ length: Math.max(names.length, dimensions.length, 1) }, (_, line) =>
    [names[line] ?? "", dimensions[line] ?? "", ...(line === 0 ? row.numbers : [])]
      .map((cell, column) =>
        LEFT_ALIGNED.has(column)
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join(GAP)
      .trimEnd(),
  );
}

function shareLinesOf({ shares = [] }: Row, width: number): readonly string[] {
  return wrap(shares, width - INDENTATION.length).map((line) => `${INDENTATION}${line}`);
}

/** Lines of at most `width` characters. They break between parts, and within a part that is too long for a line. */
function wrap(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (let part of parts) {
    if (line !== "" && line.length + 1 + part.length > width) {
      lines.push(line);
      line = "";
    }
    for (; part.length > width; part = part.slice(width)) lines.push(part.slice(0, width));
    line += line === "" || part === "" ? part : ` ${part}`;
  }
  if (line !== "") lines.push(line);
  return lines;
}

function lengthOf(parts: readonly string[]): number {
  return parts.reduce((length, part) => length + 1 + part.length, -1);
}

function widest(lengths: readonly number[]): number {
  return lengths.reduce((most, each) => Math.max(most, each), 0);
}

/** A number for people: whole from a thousand up, below with four significant digits. */
function formatNumber(value: number): string {
  const shown = Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
  const isPlain = shown === 0 || (Math.abs(shown) < 1e15 && Math.abs(shown) >= 1e-4);
  return isPlain
    ? (numberFormat ??= new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 })).format(shown)
    : value.toExponential(3);
}

function keyOf({ name, overflow, dimensions }: MetricSnapshot): string {
  return [name, overflow === true ? "" : "\x01", ...dimensions.map(shownPair)].join("\0");
}

function shownPair(pair: readonly [string, string]): string {
  return printable(pair.map((text) => text.slice(0, LONGEST_TEXT)).join("="), LONGEST_TEXT);
}

function rowOf(snapshot: MetricSnapshot, common: Dimensions): Row {
  const { name, kind, unit, count, sum, min, max, last, windowStart, windowEnd, overflow } =
    snapshot;
  const seconds = (windowEnd - windowStart) / 1_000;
  // A bucket's width is seldom worth a fourth digit.
  const percentile = (q: number): string => {
    const value = kind === "distribution" ? quantile(snapshot, q) : undefined;
    return value === undefined ? "" : formatNumber(Number(value.toPrecision(3)));
  };
  const shared = new Set(common.map(([dimension]) => dimension));
  const own = snapshot.dimensions.filter(([dimension]) => !shared.has(dimension)).map(shownPair);
  const numbers = [
    formatNumber(count),
    // A level's readings have no sum that means anything, and no rate.
    kind === "gauge" ? "" : formatNumber(sum),
    kind !== "gauge" && seconds > 0
      ? formatNumber((kind === "counter" ? sum : count) / seconds)
      : "",
    formatNumber(min),
    percentile(0.5),
    percentile(0.99),
    formatNumber(max),
    kind === "gauge" ? `last ${formatNumber(last)}` : picture(snapshot),
  ];
  return {
    name: isAnnotation(unit)
      ? [printable(name, LONGEST_TEXT)]
      : [printable(name, LONGEST_TEXT), printable(`[${unit}]`, LONGEST_TEXT)],
    dimensions: overflow === true ? ["(overflow)", ...own] : own,
    numbers,
    shares: sharesOf(snapshot),
  };
}

/** Says 100 % only of all observations, and 0 % only of none. */
function sharesOf({ count, thresholds }: MetricSnapshot): readonly string[] {
  if (thresholds === undefined) return [];
  let upTo = 0;
  return thresholds.bounds.map((bound, i) => {
    upTo += thresholds.counts[i] ?? 0;
    const percent = Math.floor((upTo / count) * 10_000) / 100;
    const share = upTo > 0 && percent === 0 ? "< 0.01" : formatNumber(percent);
    return `≤ ${bound}: ${share} %${i < thresholds.bounds.length - 1 ? "," : ""}`;
  });
}

/** How the values spread from min to max, in cells of equal ratio; the highest bar is the fullest cell. */
function picture({ histogram, count }: MetricSnapshot): string {
  if (histogram === undefined) return "";
  const { negative, zeroCount, positive } = histogram;
  const counts = [...negative.bucketCounts].reverse();
  if (zeroCount > 0) counts.push(zeroCount);
  counts.push(...positive.bucketCounts);
  const cells = Array.from({ length: Math.min(PICTURE_CELLS, counts.length) }, () => 0);
  for (const [bucket, bucketCount] of counts.entries()) {
    const cell = Math.floor((bucket * cells.length) / counts.length);
    cells[cell] = (cells[cell] ?? 0) + bucketCount;
  }
  const fullest = Math.max(...cells, count / counts.length);
  return cells
    .map((cell) => (cell === 0 ? " " : (BARS[Math.ceil((cell / fullest) * BARS.length) - 1] ?? "")))
    .join("");
}

/** Whether a unit only says what is counted, as `1` and `{record}` do. */
function isAnnotation(unit: string): boolean {
  return unit === "1" || unit.startsWith("{");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
