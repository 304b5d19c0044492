import type { ManagerStats, SinkStats } from "@aiokpl/metrics-core";
import { differences, excesses, type Totals } from "./totals.ts";

/** Everything that was counted about one manager, after all calls have settled. */
export interface ManagerBooks {
  /** What the program counted: what it recorded, and what had to be refused, by reason. */
  readonly recorded: Totals;
  readonly refused: ReadonlyMap<string, number>;
  readonly stats: Pick<ManagerStats, "accepted" | "refused">;
  /** Calls of `flush` and `close`. */
  readonly waits: readonly Wait[];
  /** How much longer than its deadline a call may take. */
  readonly marginMs: number;
  readonly sinks: readonly SinkBooks[];
}

/** A call that had to settle in time. */
export interface Wait {
  readonly call: "flush" | "close";
  readonly timeoutMs: number;
  readonly tookMs: number;
}

/** Everything that was counted about one sink. */
export interface SinkBooks {
  readonly temper: string;
  /** Whether the manager rejects old data for this sink. */
  readonly ages: boolean;
  /** The manager's counts when `close` resolved, and after all calls had settled. */
  readonly atClose: SinkStats;
  readonly stats: SinkStats;
  /** What the witness between the manager and the sink counted. */
  readonly handed: Totals;
  readonly prepared: Totals;
  readonly unprepared: Totals;
  readonly events: Totals | undefined;
  readonly delivered: Totals;
  readonly rejected: Totals;
  readonly unsettled: Totals;
  readonly late: Totals;
  readonly breaches: readonly string[];
  /** What the vendor stored: of the requests whose answers the sink knew, and of the others. */
  readonly stored: Totals;
  readonly doubtful: Totals;
}

/** Lists all counts that do not agree. Each line names the sink and the numbers. */
export function imbalancesOf(books: ManagerBooks): readonly string[] {
  return [
    ...coreImbalances(books),
    ...books.sinks.flatMap((sink) =>
      sinkImbalances(sink, books.recorded).map((line) => `sink "${sink.atClose.name}": ${line}`),
    ),
  ];
}

function coreImbalances({
  recorded,
  refused,
  stats,
  waits,
  marginMs,
}: ManagerBooks): readonly string[] {
  const lines: string[] = [];
  if (stats.accepted !== recorded.count)
    lines.push(`it accepted ${stats.accepted} observations, but ${recorded.count} were recorded`);
  const counted = new Map<string, number>(Object.entries(stats.refused));
  for (const code of new Set([...counted.keys(), ...refused.keys()])) {
    const [actual, expected] = [counted.get(code) ?? 0, refused.get(code) ?? 0];
    if (actual !== expected)
      lines.push(`it refused ${actual} observations as "${code}" instead of ${expected}`);
  }
  for (const { call, timeoutMs, tookMs } of waits) {
    if (tookMs > timeoutMs + marginMs)
      lines.push(
        `${call}() took ${Math.round(tookMs)} ms; its timeout is ${timeoutMs} ms, with a margin of ${Math.round(marginMs)} ms`,
      );
  }
  return lines;
}

function sinkImbalances(sink: SinkBooks, recorded: Totals): readonly string[] {
  return [
    ...sink.breaches,
    ...labelled("given to prepare()", differences(sink.handed, recorded)),
    ...labelled(
      "given to record()",
      sink.events === undefined ? [] : differences(sink.events, recorded),
    ),
    ...[sink.atClose, sink.stats].flatMap(ledgerImbalances),
    ...outcomeImbalances(sink),
    ...vendorImbalances(sink),
  ];
}

/** Checks that the manager's own counts add up. */
function ledgerImbalances(stats: SinkStats): readonly string[] {
  const { prepared, delivered, rejected, pending, coalesced } = stats;
  return (["observations", "snapshots"] as const).flatMap((unit) => {
    const merged = unit === "snapshots" ? coalesced : 0;
    if (prepared[unit] === delivered[unit] + rejected[unit] + pending[unit] + merged) return [];
    const sum = `${delivered[unit]} delivered + ${rejected[unit]} rejected + ${pending[unit]} pending`;
    const more = unit === "snapshots" ? ` + ${merged} coalesced` : "";
    return [`${sum}${more} is not ${prepared[unit]} prepared, in ${unit}`];
  });
}

/** Checks that the manager has counted what the sink reported. */
function outcomeImbalances(sink: SinkBooks): readonly string[] {
  const { stats, late, ages, unprepared } = sink;
  const lines: string[] = [];
  const check = (what: string, actual: number, least: number, most: number): void => {
    if (actual >= least && actual <= most) return;
    const range = least === most ? String(least) : `${least} to ${most}`;
    lines.push(
      `the manager counts ${actual} observations as ${what}, but the sink reported ${range}`,
    );
  };
  const delivered = sink.delivered.count;
  const rejected = sink.rejected.count + unprepared.count;
  const unsettled = sink.unsettled.count;
  check("prepared", stats.prepared.observations, sink.prepared.count, sink.prepared.count);
  check("delivered", stats.delivered.observations, delivered, delivered + late.count);
  check("rejected", stats.rejected.observations, rejected, ages ? Infinity : rejected + late.count);
  check(
    "possibly duplicated",
    stats.possiblyDuplicated.observations,
    unsettled,
    unsettled + late.count,
  );
  const settled = sink.delivered.plus(sink.rejected).plus(unprepared);
  const isAll =
    stats.pending.observations === 0 &&
    late.count === 0 &&
    stats.rejected.observations === rejected;
  const compare = isAll ? differences : excesses;
  return [...lines, ...labelled("delivered or rejected", compare(settled, sink.prepared))];
}

/** Checks that the vendor has stored what was reported as delivered, and no more of the requests whose answers the sink knew. */
function vendorImbalances(sink: SinkBooks): readonly string[] {
  const { stats, stored, doubtful, delivered, late } = sink;
  if (!stats.acknowledges)
    return labelled("stored by the vendor", excesses(stored.plus(doubtful), delivered));
  const received = stored.plus(doubtful).count;
  const lines =
    stats.delivered.observations <= received
      ? []
      : [
          `the manager counts ${stats.delivered.observations} observations as delivered, but the vendor has stored ${received}`,
        ];
  if (late.count > 0) return lines;
  return [...lines, ...labelled("stored by the vendor", differences(stored, delivered))];
}

function labelled(what: string, lines: readonly string[]): readonly string[] {
  return lines.map((line) => `${what}: ${line}`);
}
