import { ContenderProcess } from "./contender-process.ts";
import type { Measures, Row, Settings } from "./row.ts";
import { median, paired, spread } from "./statistics.ts";
import { judge, type Target, type Verdict } from "./target.ts";

/** One line of the table. */
export interface Result {
  readonly row: number;
  readonly title: string;
  readonly workload: string;
  readonly unit: string;
  /** Median of ours, in the unit. */
  readonly ours: number;
  readonly peer?: {
    readonly name: string;
    /** Median of the peer's, in the unit. */
    readonly value: number;
    /** Median over the rounds of ours divided by the peer's. */
    readonly ratio: number;
    /** How noisy the ratio was: half the distance between its quartiles, as a share of it. */
    readonly ratioSpread: number;
  };
  readonly target?: Target;
  readonly verdict?: Verdict;
}

/** What each contender of a row has measured, in each round. */
export type MeasuredRow = ReadonlyMap<string, readonly Measures[]>;

/**
 * The same code can run a third slower or faster in the next process, depending on what V8 inlines and
 * how the heap is laid out. So each contender is started this often, and the medians are over all.
 */
const GENERATIONS = 3;

/** Measures all contenders of a row in interleaved rounds, so that a slow minute of the machine affects all of them. */
export async function measureRow(
  row: Row,
  settings: Settings,
  rounds: number,
): Promise<MeasuredRow> {
  const measured = new Map<string, Measures[]>();
  for (const contender of Object.keys(row.contenders)) measured.set(contender, []);
  const count = Math.min(
    rounds,
    settings.short ? (row.maxRounds?.short ?? rounds) : (row.maxRounds?.full ?? rounds),
  );
  const generations = settings.short
    ? 1
    : row.freshProcess === true
      ? count
      : Math.min(GENERATIONS, count);
  for (let left = generations, done = 0; left > 0; left--) {
    const share = Math.ceil((count - done) / left);
    if (share === 1) await oneRoundEach(row, settings, measured);
    else await interleaved(row, settings, share, measured);
    done += share;
  }
  return measured;
}

/** Starts all contenders and lets them take turns. While one runs, the others sleep. */
async function interleaved(
  row: Row,
  settings: Settings,
  rounds: number,
  measured: ReadonlyMap<string, Measures[]>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const processes: [ContenderProcess, Measures[]][] = [];
  for (const [contender, measures] of measured) {
    const process = await ContenderProcess.start(
      { row: row.number, contender, settings },
      row.nodeFlags ?? [],
    );
    processes.push([stack.use(process), measures]);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [process, measures] of processes) measures.push(await process.round());
  }
}

/** Starts one contender after the other for one round each, so that only one holds memory. */
async function oneRoundEach(
  row: Row,
  settings: Settings,
  measured: ReadonlyMap<string, Measures[]>,
): Promise<void> {
  for (const [contender, measures] of measured) {
    const request = { row: row.number, contender, settings };
    await using process = await ContenderProcess.start(request, row.nodeFlags ?? []);
    measures.push(await process.round());
  }
}

/** Computes the medians over the rounds and compares them with the targets. */
export function resultsOf(row: Row, measured: MeasuredRow): Result[] {
  const results: Result[] = [];
  for (const { name, measure, unit, ours, against } of row.workloads) {
    const series = (contender: string) =>
      (measured.get(contender) ?? []).map((measures) => measures[measure] ?? NaN);
    const own = series(ours);
    for (const { peer, target } of against) {
      const peers = peer === undefined ? [] : series(peer);
      const ratios = paired(own, peers, (a, b) => a / b);
      const figures = {
        ours: median(own),
        peer: median(peers),
        ratio: median(ratios),
        difference: median(paired(own, peers, (a, b) => a - b)),
      };
      results.push({
        row: row.number,
        title: row.title,
        workload: name,
        unit,
        ours: figures.ours,
        ...(peer === undefined
          ? undefined
          : {
              peer: {
                name: peer,
                value: figures.peer,
                ratio: figures.ratio,
                ratioSpread: spread(ratios),
              },
            }),
        ...(target === undefined ? undefined : { target, verdict: judge(target, figures) }),
      });
    }
  }
  return results;
}
