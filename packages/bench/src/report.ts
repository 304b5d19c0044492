import type { Result } from "./measure-row.ts";
import { type Machine, markdownTable, withMeasuredPart } from "./measured-part.ts";
import type { Target, Verdict } from "./target.ts";

const HEADINGS = [
  "row",
  "workload",
  "ours",
  "peer",
  "",
  "ratio",
  "noise",
  "target",
  "met",
] as const;

/** A ratio below this, or above its inverse, is shown as a difference instead. */
const MIN_RATIO = 0.001;

/** The table as plain text, with times. */
export function renderTable(results: readonly Result[]): string {
  const cells = results.map((result) => [
    String(result.row),
    result.workload,
    withUnit(result.ours, result.unit),
    result.peer?.name ?? "",
    result.peer === undefined ? "" : withUnit(result.peer.value, result.unit),
    ratioText(result),
    result.peer === undefined ? "" : `± ${percent(result.peer.ratioSpread)}`,
    targetText(result.target, result.unit),
    verdictText(result.verdict, result.unit),
  ]);
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return (
    [line(HEADINGS), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join(
      "\n",
    ) + "\n"
  );
}

/**
 * Returns the page with a new table of results, with sizes, but without times, which mean nothing on another machine.
 *
 * @throws Error if the page has no place for it
 */
export function withResults(page: string, results: readonly Result[], machine: Machine): string {
  const lines = results.map((result) => [
    String(result.row),
    result.workload,
    result.peer?.name ?? "",
    isTime(result.unit) && result.peer !== undefined ? ratioText(result) : sizesText(result),
    targetText(result.target, result.unit),
    verdictText(result.verdict, result.unit),
  ]);
  const headings = ["row", "workload", "peer", "result", "target", "met"];
  return withMeasuredPart(page, [markdownTable([headings, ...lines])], machine);
}

function isTime(unit: string): boolean {
  return unit === "ns" || unit === "µs" || unit === "ms";
}

function sizesText(result: Result): string {
  const ours = withUnit(result.ours, result.unit);
  return result.peer === undefined
    ? ours
    : `${ours} against ${withUnit(result.peer.value, result.unit)}`;
}

function ratioText({ ours, peer, unit, target }: Result): string {
  if (peer === undefined) return "";
  if (target?.kind === "at most more than the peer") return signed(ours - peer.value, unit);
  // If one of the two is almost zero, the ratio means nothing.
  if (!(peer.ratio > MIN_RATIO && peer.ratio < 1 / MIN_RATIO))
    return signed(ours - peer.value, unit);
  return peer.ratio <= 1 ? `${digits(1 / peer.ratio)} × less` : `${digits(peer.ratio)} × more`;
}

function targetText(target: Target | undefined, unit: string): string {
  switch (target?.kind) {
    case undefined:
      return "";
    case "at most times the peer":
      return `≤ ${target.times} ×`;
    case "times less than the peer":
      return `≥ ${target.times} × less`;
    case "at most more than the peer":
      return `≤ + ${target.amount} ${unit}`;
    case "at most":
      return `≤ ${target.amount} ${unit}`;
  }
}

function verdictText(verdict: Verdict | undefined, unit: string): string {
  if (verdict === undefined) return "";
  const { met, missedBy } = verdict;
  if (met || missedBy === undefined) return met ? "yes" : "no";
  return "share" in missedBy
    ? `no, by ${percent(missedBy.share)}`
    : `no, by ${digits(missedBy.amount)} ${unit}`;
}

function signed(value: number, unit: string): string {
  return `${value < 0 ? "−" : "+"} ${digits(Math.abs(value))} ${unit}`;
}

function withUnit(value: number, unit: string): string {
  return `${digits(value)} ${unit}`;
}

function percent(share: number): string {
  return `${digits(share * 100)} %`;
}

/** Rounds to three digits; a shared machine does not measure more exactly. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return String(Math.round(value));
  if (magnitude < 0.005) return "0";
  return value.toFixed(magnitude >= 10 ? 1 : 2);
}
