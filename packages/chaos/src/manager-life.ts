import { setTimeout as sleep } from "node:timers/promises";
import { MetricsManager } from "@aiokpl/metrics-core";
import { imbalancesOf, type ManagerBooks, type SinkBooks, type Wait } from "./accounting.ts";
import type { Chance } from "./chance.ts";
import { CATALOGUE, Recorder } from "./recorder.ts";
import { DISHONEST, type Temper, TEMPERS } from "./temper.ts";
import { differences, Totals } from "./totals.ts";
import { SteppingClock } from "./stepping-clock.ts";
import { timedCall } from "./timed-call.ts";
import { startVendor, type Vendor } from "./vendor.ts";
import { Witness } from "./witness.ts";

/** What decides how one manager runs. */
export interface LifeOptions {
  readonly chance: Chance;
  readonly lifeMs: number;
  readonly longestCloseMs: number;
  readonly sabotage: boolean;
  /** The longest delay of the event loop so far, in milliseconds. */
  readonly longestDelayMs: () => number;
}

/** The result of running one manager. */
export interface Life {
  readonly books: ManagerBooks;
  readonly imbalances: readonly string[];
  readonly requests: number;
  readonly faults: number;
}

interface Line {
  readonly temper: Temper;
  readonly vendor: Vendor;
  readonly witness: Witness;
}

/**
 * How much later than its deadline a call may settle, in addition to the delays of the event loop: a timer
 * that becomes due while Node runs others waits for these, and then for all that is done until it runs timers
 * again.
 */
const MARGIN_MS = 200;

/** Longer than the time after which a manager gives up an export. */
const LONGEST_SETTLING_MS = 1_500;

/** So many observations have many hundred series, which a manager gives to `prepare` in several parts. */
const LARGE_BURST = 3_000;

/** The most bursts of one manager, so that the number of observations is bounded too. */
const MOST_BURSTS = 2_000;

/** Runs one manager, from its construction until everything has settled, and checks its counts. */
export async function liveOn(options: LifeOptions): Promise<Life> {
  const { chance } = options;
  const clock = new SteppingClock();
  const lines = await Promise.all(
    tempersOf(options).map((temper) => startLine(temper, clock, chance.fork())),
  );
  const countsProblems = chance.is(0.5);
  let recorder: Recorder | undefined;
  let isClosing = false;
  const metrics: MetricsManager = new MetricsManager({
    sink: lines.map(({ witness }) => witness.sink),
    clock,
    metrics: CATALOGUE,
    exportIntervalMs: chance.one(0, 50, 80, 130, 200),
    exportTimeoutMs: chance.whole(50, 300),
    coalesceAfterSnapshots: chance.one(10, 100, 1_000, 50_000),
    maxSeriesPerMetric: chance.one(3, 20, 200, 2_000),
    commonDimensions: chance.is(0.5) ? { service: "chaos" } : undefined,
    onError: () => {
      if (countsProblems) recorder?.countProblem();
      // This call of close() joins the one that is running, even from within it.
      if (isClosing) void metrics.close();
      throw new Error("thrown by onError, and must not reach anybody");
    },
  });
  recorder = new Recorder(metrics, chance.fork());
  const waits: Promise<Wait>[] = [];
  const torn = await work(metrics, recorder, lines, clock, options, waits);
  const timeoutMs = chance.is(0.1) ? 0 : chance.whole(1, options.longestCloseMs);
  isClosing = true;
  const closing = timedCall("close", timeoutMs, () => metrics.close({ timeoutMs }));
  recorder.close();
  recorder.burst(chance.whole(0, 20));
  waits.push(closing);
  await closing;
  const atClose = metrics.stats();
  recorder.burst(chance.whole(0, 20));

  await settled(lines);
  const stats = metrics.stats();
  const sinks = lines.map((line, i) => {
    const [first, last] = [atClose.sinks[i], stats.sinks[i]];
    if (first === undefined || last === undefined) throw new Error("A sink has no statistics.");
    return sinkBooks(line, first, last);
  });
  await Promise.all(lines.map(({ vendor }) => vendor.close()));
  const { recorded, refused } = recorder;
  const marginMs = MARGIN_MS + 2 * options.longestDelayMs();
  const books: ManagerBooks = {
    recorded,
    refused,
    stats,
    waits: await Promise.all(waits),
    marginMs,
    sinks,
  };
  return {
    books,
    imbalances: [...torn, ...imbalancesOf(books)],
    requests: sumOf(lines.map(({ vendor }) => vendor.requests)),
    faults: sumOf(lines.map(({ vendor }) => vendor.faults)),
  };
}

function tempersOf({ chance, sabotage }: LifeOptions): readonly Temper[] {
  const tempers = chance.some(TEMPERS, chance.whole(1, 3));
  return sabotage ? [...tempers, DISHONEST] : tempers;
}

async function startLine(temper: Temper, clock: SteppingClock, chance: Chance): Promise<Line> {
  const vendor = await startVendor(chance.fork());
  const answered = (id: string, signal: AbortSignal): void => witness.onAnswer(id, signal);
  const posting = {
    url: vendor.url,
    maxBatchSnapshots: chance.one(5, 50, 1_000),
    onAnswer: answered,
  };
  const inner = temper.create(posting, chance);
  const witness = new Witness({ ...inner, name: temper.name }, clock);
  return { temper, vendor, witness };
}

/** Records, flushes, reads the open window and sets the wall clock until the manager's time is over. Returns everything that was wrong meanwhile. */
async function work(
  metrics: MetricsManager,
  recorder: Recorder,
  lines: readonly Line[],
  clock: SteppingClock,
  { chance, lifeMs }: LifeOptions,
  waits: Promise<Wait>[],
): Promise<readonly string[]> {
  const torn: string[] = [];
  const end = performance.now() + lifeMs;
  if (chance.is(0.3)) void metrics.start();
  for (let i = 0; i < MOST_BURSTS && performance.now() < end; i++) {
    recorder.burst(chance.is(0.03) ? LARGE_BURST : chance.whole(0, 60));
    if (chance.is(0.05)) torn.push(...tornWindows(metrics, recorder, lines));
    if (chance.is(0.05)) {
      for (let calls = chance.whole(1, 3); calls > 0; calls--) {
        const timeoutMs = chance.whole(0, 500);
        waits.push(timedCall("flush", timeoutMs, () => metrics.flush({ timeoutMs })));
      }
    }
    if (chance.is(0.02)) clock.step(chance.whole(-1, 1) * chance.one(30, 400, 3_000, 3_600_000));
    await sleep(chance.whole(0, 15));
  }
  return torn;
}

/** Checks that each observation is either in the open window or at the sink, and never both. */
function tornWindows(
  metrics: MetricsManager,
  { recorded }: Recorder,
  lines: readonly Line[],
): readonly string[] {
  const open = metrics.snapshots();
  return lines.flatMap(({ temper, witness }) => {
    const { host = { snapshots: () => open, series: () => open } } = witness;
    return [open, host.snapshots(), host.series()].flatMap((window) => {
      const totals = new Totals();
      totals.addAll(window);
      return differences(witness.handed.plus(totals), recorded).map(
        (line) => `sink "${temper.name}": in the open window or given to prepare(): ${line}`,
      );
    });
  });
}

/** Waits until no export is running, or those that run were given up for good. */
async function settled(lines: readonly Line[]): Promise<void> {
  const end = performance.now() + LONGEST_SETTLING_MS;
  // Waits once more after the last export, because the manager learns its result a little later.
  do await sleep(20);
  while (lines.some(({ witness }) => witness.isBusy) && performance.now() < end);
  await sleep(20);
}

function sinkBooks(
  { temper, vendor, witness }: Line,
  atClose: SinkBooks["atClose"],
  stats: SinkBooks["stats"],
): SinkBooks {
  const stored = new Totals();
  const doubtful = new Totals();
  for (const [request, totals] of vendor.stored)
    (witness.answered.has(request) ? stored : doubtful).addTotals(totals);
  const { handed, prepared, unprepared, events, delivered, rejected, late, breaches } = witness;
  return {
    temper: temper.name,
    ages: witness.sink.maxAgeMs !== undefined,
    atClose,
    stats,
    handed,
    prepared,
    unprepared,
    events,
    delivered,
    rejected,
    unsettled: witness.unsettled,
    late,
    breaches: witness.isClosed ? breaches : [...breaches, "close() was not called"],
    stored,
    doubtful,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
