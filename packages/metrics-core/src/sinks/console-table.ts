import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { printable } from "../problems/printable.ts";
import { quantile } from "../histogram/quantile.ts";

const HEADINGS = ["metric", "dimensions", "count", "sum", "rate/s", "min", "p50", "p99", "max", ""];
const LEFT_ALIGNED = /* @__PURE__ */ new Set([0, 1, HEADINGS.length - 1]);
const BARS = "▁▂▃▄▅▆▇█";
const PICTURE_CELLS = 16;
const LONGEST_TEXT = 40;

/** Made when first needed, and once: making one takes longer than all the rest. */
let numberFormat: Intl.NumberFormat | undefined;

/** One window as a table that a person reads at a glance: a line per series, sorted by name and dimensions. */
export function formatTable(snapshots: readonly MetricSnapshot[]): string {
  const rows = snapshots
    .map(rowOf)
    .map((row) => ({ row, key: row.join("\0") }))
    .sort((a, b) => compare(a.key, b.key));
  const table = [HEADINGS, ...rows.map(({ row }) => row)];
  const widths = HEADINGS.map((_, column) =>
    table.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        LEFT_ALIGNED.has(column)
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** A number for people: whole from a thousand up, below with four significant digits. */
function formatNumber(value: number): string {
  const shown = Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
  const isPlain = shown === 0 || (Math.abs(shown) < 1e15 && Math.abs(shown) >= 1e-4);
  return isPlain
    ? (numberFormat ??= new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 })).format(shown)
    : value.toExponential(3);
}

function rowOf(snapshot: MetricSnapshot): string[] {
  const { name, kind, unit, count, sum, min, max, last, windowStart, windowEnd, overflow } =
    snapshot;
  const seconds = (windowEnd - windowStart) / 1_000;
  // A bucket's width is seldom worth a fourth digit.
  const percentile = (q: number): string => {
    const value = kind === "distribution" ? quantile(snapshot, q) : undefined;
    return value === undefined ? "" : formatNumber(Number(value.toPrecision(3)));
  };
  const dimensions = snapshot.dimensions
    .slice(0, LONGEST_TEXT)
    .map((pair) => pair.map((text) => text.slice(0, LONGEST_TEXT)).join("="))
    .join(" ");
  return [
    printable(isAnnotation(unit) ? name : `${name} [${unit}]`, LONGEST_TEXT),
    printable(overflow === true ? `(overflow) ${dimensions}` : dimensions, LONGEST_TEXT),
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
