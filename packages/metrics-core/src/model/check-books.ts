import type { SinkStats } from "../delivery/delivery-ledger.ts";
import type { Findings } from "./findings.ts";
import type { ScriptedSink } from "./scripted-sink.ts";

/** More snapshots than this for each series, bound and exports apart, are no longer "coalesced". */
const PENDING_PER_SERIES = 24;

/** Whether a sink's ledger is balanced, as it must be at any moment: in observations, and in snapshots. */
export function checkBalance(findings: Findings, stats: SinkStats, isQuiet: boolean): void {
  const { name, prepared, delivered, rejected, pending, coalesced, possiblyDuplicated } = stats;
  const at = (): string =>
    `${name}: ${JSON.stringify({ prepared, delivered, rejected, pending, coalesced })}`;
  const tallies = [prepared, delivered, rejected, pending, possiblyDuplicated].flatMap((tally) => [
    tally.snapshots,
    tally.observations,
  ]);
  findings.expect(
    [...tallies, coalesced].every((each) => Number.isSafeInteger(each) && each >= 0),
    "a sink's statistics have a number that is none",
    at,
  );
  const observations = delivered.observations + rejected.observations + pending.observations;
  const snapshots = delivered.snapshots + rejected.snapshots + pending.snapshots + coalesced;
  findings.expect(
    prepared.observations === observations && prepared.snapshots === snapshots,
    isQuiet ? "a sink's ledger is not balanced" : "a sink's ledger is not balanced in a call",
    at,
  );
}

/** What else a sink's books are held against. */
export interface BooksContext {
  /** How often a wrong result was reported. */
  readonly faultsTold: number;
  /** How many levels were held, of which the sink may be told too. */
  readonly held: number;
  /** Whether the manager's books are closed. */
  readonly isClosed: boolean;
  readonly coalesceAfterSnapshots: number;
}

/** Whether the manager says of a sink what the sink says itself. */
export function checkBooks(
  findings: Findings,
  sink: ScriptedSink,
  stats: SinkStats,
  { faultsTold, held, isClosed, coalesceAfterSnapshots }: BooksContext,
): void {
  const { books, faults, isVague, maxAgeMs, name, series, largestExport, told, script } = sink;
  const { prepared, delivered, rejected, pending, possiblyDuplicated } = stats;
  const expect = (holds: boolean, what: string, is: number, wanted: unknown): void =>
    findings.expect(holds, what, () => `${name}: ${is}, not ${JSON.stringify(wanted)}`);
  const isSlippery = script.prepare.some(({ does }) => does === "slippery");
  expect(
    delivered.observations === books.delivered || isSlippery,
    "what counts as delivered is not what a sink took",
    delivered.observations,
    books.delivered,
  );
  expect(
    possiblyDuplicated.observations >= books.uncertain || isClosed || isSlippery,
    "what may be delivered twice is not counted",
    possiblyDuplicated.observations,
    books.uncertain,
  );
  expect(
    prepared.observations === books.prepared || isVague,
    "what counts as prepared is not what a sink prepared",
    prepared.observations,
    books.prepared,
  );
  // What grows too old is rejected without the sink.
  const mayExpire = maxAgeMs !== undefined && rejected.observations >= books.rejected;
  expect(
    rejected.observations === books.rejected || mayExpire || isVague,
    "what counts as rejected is not what a sink refused",
    rejected.observations,
    books.rejected,
  );
  expect(
    script.kind !== "record" || (told.least <= books.told && books.told <= told.most + held),
    "record() is not called once for each observation",
    books.told,
    told,
  );
  expect(faultsTold >= faults || isClosed, "a wrong result is not reported", faultsTold, faults);
  expect(
    pending.snapshots <=
      coalesceAfterSnapshots + 2 * largestExport + PENDING_PER_SERIES * series.size,
    "pending snapshots are not coalesced",
    pending.snapshots,
    { series: series.size },
  );
}
