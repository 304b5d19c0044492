import type { SinkBooks } from "./accounting.ts";
import type { Life } from "./manager-life.ts";
import type { Twins } from "./twins.ts";

/** Facts about a run besides its counts. */
export interface Circumstances {
  readonly seed: number;
  readonly seconds: number;
  readonly peakHeapBytes: number;
  readonly longestDelayMs: number;
}

const COLUMNS = [
  ["sinks", () => 1],
  ["recorded", ({ handed }) => handed.count],
  ["prepared", ({ stats }) => stats.prepared.observations],
  ["delivered", ({ stats }) => stats.delivered.observations],
  ["rejected", ({ stats }) => stats.rejected.observations],
  ["pending", ({ stats }) => stats.pending.observations],
  ["poss. dup.", ({ stats }) => stats.possiblyDuplicated.observations],
  ["extra stored", extraStored],
  ["coalesced", ({ stats }) => stats.coalesced],
  ["exports", ({ stats }) => stats.exports],
  ["failures", ({ stats }) => stats.failures],
] as const satisfies readonly (readonly [heading: string, (books: SinkBooks) => number])[];

/** The table and the summary at the end of a run. */
export function renderReport(
  lives: readonly Life[],
  twins: Twins,
  circumstances: Circumstances,
): string {
  const sinks = lives.flatMap(({ books }) => books.sinks);
  const tempers = [...new Set(sinks.map(({ temper }) => temper))].toSorted();
  const rows = tempers.map((temper) => [
    temper,
    ...figures(sinks.filter((sink) => sink.temper === temper)),
  ]);
  const headings = ["sink", ...COLUMNS.map(([heading]) => heading)];
  return [
    ...table([headings, ...rows, ["total", ...figures(sinks)]]),
    "",
    ...summary(lives, twins, circumstances),
    "",
  ].join("\n");
}

/** One line for each imbalance, with the seed that repeats the run; or "balanced" if there is none. */
export function renderVerdict(imbalances: readonly string[], seed: number): string {
  if (imbalances.length === 0) return "balanced\n";
  return imbalances.map((line) => `imbalance (seed ${seed}): ${line}\n`).join("");
}

/** How many more observations the vendor has stored than were delivered: they were sent twice, or stored by a request that timed out or was reset. */
function extraStored({ stats, stored, doubtful, delivered }: SinkBooks): number {
  if (!stats.acknowledges) return 0;
  return Math.max(0, stored.plus(doubtful).count - delivered.count);
}

function figures(sinks: readonly SinkBooks[]): readonly string[] {
  return COLUMNS.map(([, read]) => whole(sinks.reduce((all, sink) => all + read(sink), 0)));
}

function summary(
  lives: readonly Life[],
  twins: Twins,
  circumstances: Circumstances,
): readonly string[] {
  const { seed, seconds, peakHeapBytes, longestDelayMs } = circumstances;
  const sum = (read: (life: Life) => number): number =>
    lives.reduce((all, life) => all + read(life), 0);
  const requests = sum((life) => life.requests);
  const faults = sum((life) => life.faults);
  const refused = sum(({ books }) => [...books.refused.values()].reduce((all, n) => all + n, 0));
  const share = requests === 0 ? 0 : (faults / requests) * 100;
  return [
    `seed ${seed}, ${seconds} s, ${whole(lives.length)} managers`,
    `recorded ${whole(sum(({ books }) => books.recorded.count))} observations, ${whole(refused)} more were refused`,
    `requests ${whole(requests)}, ${whole(faults)} of them answered with a fault (${share.toFixed(0)} %)`,
    `twins: ${whole(twins.managers)} managers at one account, which shows ${whole(twins.shown)} observations; ${whole(twins.delivered)} were delivered of ${whole(twins.recorded)} recorded, by ${whole(twins.requests)} requests with ${whole(twins.faults)} faults`,
    `peak heap ${(peakHeapBytes / 2 ** 20).toFixed(0)} MiB, longest event-loop delay ${longestDelayMs.toFixed(0)} ms`,
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  "),
  );
}

function whole(number: number): string {
  return number.toLocaleString("en");
}
