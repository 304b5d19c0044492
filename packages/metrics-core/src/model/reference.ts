import type { MetricCatalogue } from "../contract/catalogue.ts";
import type { MetricKind, MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { Findings } from "./findings.ts";
import type { ModelClock } from "./model-clock.ts";
import type { ProgramOptions } from "./program.ts";
import { ReferenceLevels } from "./reference-levels.ts";

export const catalogue: MetricCatalogue = {
  counter: { kind: "counter" },
  // Only `level` and undeclared gauges are held: of the others the model knows each observation.
  gauge: { kind: "gauge", holdMs: 0 },
  distribution: { kind: "distribution", unit: "ms", description: "how long it took" },
  extremeCounter: { kind: "counter" },
  extremeGauge: { kind: "gauge", holdMs: 0 },
  extremeDistribution: { kind: "distribution" },
  detail: { kind: "counter", level: "detailed" },
  level: { kind: "gauge" },
  observed: { kind: "gauge" },
  beat: { kind: "gauge" },
};

/** What may become of an observation. */
export type Fate =
  | "accepted"
  | "refused"
  | "either"
  | "acceptedOrIgnored"
  | "refusedOrIgnored"
  | "ignored";

/** A number that the model does not know any better. */
export interface Bounds {
  least: number;
  most: number;
}

interface Totals {
  count: number;
  sum: number;
  /** The sum is not known: something was accepted or refused, and the model can't tell. */
  isFuzzy: boolean;
  readonly series: Map<string, number>;
}

/** Sums of whole numbers up to this are exact in any order, and never infinite. */
const LARGEST_ORDINARY = 2 ** 30;

/** How many windows after a wrong wall time may have bounds that do not follow from those before. */
const UNSETTLED_WINDOWS = 3;

/** Undeclared metrics that were idle for this long may be forgotten. */
const IDLE_MS = 600_000;

/**
 * What a manager should hold, kept in the plainest way: totals of what it was given, and of what
 * came out in windows. It does not know in which window an observation is, only that it is in one.
 */
export class Reference {
  readonly #findings: Findings;
  readonly #clock: ModelClock;
  readonly #options: ProgramOptions;
  readonly levels: ReferenceLevels;
  readonly #given = new Map<string, Totals>();
  readonly #closed = new Map<string, Totals>();
  readonly #looseKinds = new Map<string, MetricKind>();
  readonly #accepted: Bounds = { least: 0, most: 0 };
  readonly #answered: Bounds = { least: 0, most: 0 };
  readonly #lastUses = new Map<string, number>();
  #closedCount = 0;
  #windows = 0;
  #lastEnd: number | undefined;
  #unsettled = 0;
  #everUnsettled = false;

  constructor(findings: Findings, clock: ModelClock, options: ProgramOptions) {
    this.#findings = findings;
    this.#clock = clock;
    this.#options = options;
    this.levels = new ReferenceLevels(options.level);
  }

  /** Observations in the windows that were closed. */
  get closedCount(): number {
    return this.#closedCount;
  }

  /** Windows that were closed. */
  get windows(): number {
    return this.#windows;
  }

  /**
   * What becomes of a value that is recorded by a verb, or without one; it registers an undeclared
   * metric. The order in which several reasons to refuse are looked at does not matter.
   */
  fateOf(name: string, verb: MetricKind | undefined, value: unknown, isNested: boolean): Fate {
    if (!this.levels.isOn(name)) return "ignored";
    const known = catalogue[name]?.kind ?? this.#looseKinds.get(name);
    const mayBeForgotten = catalogue[name] === undefined && this.#mayBeForgotten(name);
    if (typeof value !== "number" || !Number.isFinite(value)) return "refused";
    if (mayBeForgotten) return "either";
    const kind = known ?? verb ?? "distribution";
    if (kind === "counter" && value < 0) return "refused";
    if (known === undefined) this.#looseKinds.set(name, kind);
    // What is done inside a call of the library may come before or after what the call is about.
    else if (verb !== undefined && verb !== known) {
      return name.startsWith("loose") && isNested ? "either" : "refused";
    }
    const isExtreme = Math.abs(value) > LARGEST_ORDINARY || !Number.isInteger(value);
    return isExtreme || name === "level" ? "either" : "accepted";
  }

  /** An undeclared metric that was idle may be forgotten, and then be of another kind; that stays open from then on. */
  #mayBeForgotten(name: string): boolean {
    const now = this.#clock.monotonicTime();
    const lastUse = this.#lastUses.get(name) ?? now;
    const isOpen = now - lastUse >= IDLE_MS;
    this.#lastUses.set(name, isOpen ? -Infinity : now);
    return isOpen;
  }

  /** Books an observation, or so many equal ones, before it is made, and says how often it may be accepted, at least and at most. */
  expect(name: string, series: string, value: unknown, fate: Fate, count: number): Bounds {
    const mayBe = fate === "accepted" || fate === "either" || fate === "acceptedOrIgnored";
    const must = fate === "accepted";
    const sum = typeof value === "number" ? value * count : 0;
    if (must) this.#accepted.least += count;
    if (mayBe) this.#accepted.most += count;
    // What is refused counts once, whatever it stands for.
    if (must) this.#answered.least += count;
    else if (fate === "refused" || fate === "either") this.#answered.least++;
    if (mayBe) this.#answered.most += count;
    else if (fate !== "ignored") this.#answered.most++;
    const bounds = { least: must ? count : 0, most: mayBe ? count : 0 };
    if (!mayBe) return bounds;
    const totals = totalsOf(this.#given, name);
    if (!must || Math.abs(sum) > LARGEST_ORDINARY) totals.isFuzzy = true;
    addTo(totals, series, count, sum);
    return bounds;
  }

  /** Takes back that so many observations of a metric must be accepted; they may be. */
  doubt(name: string, count: number): void {
    if (count === 0) return;
    this.#accepted.least -= count;
    this.#answered.least -= count - 1;
    totalsOf(this.#given, name).isFuzzy = true;
  }

  /** The wall clock was set, or lied. */
  unsettle(): void {
    this.#unsettled = UNSETTLED_WINDOWS;
    this.#everUnsettled = true;
  }

  /**
   * Takes down a window, as the first sink sees it.
   *
   * @param isTick true where it was closed by the schedule
   */
  window(snapshots: readonly MetricSnapshot[], isTick: boolean): void {
    this.#windows++;
    for (const snapshot of snapshots) {
      this.#closedCount += snapshot.count;
      addTo(
        totalsOf(this.#closed, snapshot.name),
        seriesOf(snapshot),
        snapshot.count,
        snapshot.sum,
      );
      checkSnapshot(this.#findings, "a window", snapshot);
    }
    if (this.#unsettled > 0) this.#lastEnd = undefined;
    const [first] = snapshots;
    if (first !== undefined) this.#checkBounds(first, snapshots, isTick);
    this.#checkSeries(snapshots);
    // A step is noticed only when the clock has stopped lying.
    if (this.#unsettled > 0 && !this.#clock.isLying) this.#unsettled--;
  }

  /** Checks the program's ledger: whatever was given is in a closed window or in the open one. */
  check(
    stats: {
      readonly accepted: number;
      readonly held: number;
      readonly refused: Readonly<Record<string, number>>;
    },
    open: readonly MetricSnapshot[],
    isQuiet: boolean,
  ): void {
    const openCount = open.reduce((total, { count }) => total + count, 0);
    this.#findings.expect(
      stats.accepted === this.#closedCount + openCount,
      "accepted differs from closed windows and the open one",
      () => `${stats.accepted}, ${this.#closedCount} + ${openCount}`,
    );
    if (!isQuiet) return;
    const refused = Object.values(stats.refused).reduce((total, count) => total + count, 0);
    const accepted = stats.accepted - stats.held;
    this.#findings.expect(
      accepted >= this.#accepted.least && accepted <= this.#accepted.most,
      "accepted differs from what was given",
      () => `${accepted}, not ${JSON.stringify(this.#accepted)}`,
    );
    const answered = accepted + refused;
    this.#findings.expect(
      answered >= this.#answered.least && answered <= this.#answered.most,
      "accepted and refused differ from what was given",
      () => `${answered}, not ${JSON.stringify(this.#answered)}; ${JSON.stringify(stats.refused)}`,
    );
    for (const name of this.#given.keys()) this.#checkTotals(name, open);
    for (const snapshot of open) checkSnapshot(this.#findings, "the open window", snapshot);
  }

  #checkTotals(name: string, open: readonly MetricSnapshot[]): void {
    const given = totalsOf(this.#given, name);
    const found = copyOf(totalsOf(this.#closed, name));
    for (const snapshot of open) {
      if (snapshot.name === name) addTo(found, seriesOf(snapshot), snapshot.count, snapshot.sum);
    }
    if (given.isFuzzy || this.#looseKinds.get(name) === "gauge") return;
    this.#findings.expect(
      found.count === given.count && found.sum === given.sum,
      "a metric's count or sum differs from what was given",
      () => `${name}: ${found.count} ${found.sum}, not ${given.count} ${given.sum}`,
    );
    const hasRoom = given.series.size <= this.#options.maxSeriesPerMetric;
    for (const [series, count] of found.series) {
      if (series === OVERFLOW) {
        this.#findings.expect(!hasRoom, "overflow below the limit", () => `${name}: ${count}`);
        continue;
      }
      const wanted = given.series.get(series) ?? 0;
      this.#findings.expect(
        hasRoom ? count === wanted : count <= wanted,
        "a series differs from what was given",
        () => `${name} ${series}: ${count}, not ${wanted}`,
      );
    }
  }

  #checkBounds(
    { windowStart, windowEnd }: MetricSnapshot,
    snapshots: readonly MetricSnapshot[],
    isTick: boolean,
  ): void {
    const bounds = (): string => `${windowStart} to ${windowEnd} after ${this.#lastEnd}`;
    const { exportIntervalMs, heartbeat } = this.#options;
    const expect = (holds: boolean, what: string): void =>
      this.#findings.expect(holds, what, bounds);
    expect(
      snapshots.every((each) => each.windowStart === windowStart && each.windowEnd === windowEnd),
      "a window has several bounds",
    );
    if (this.#unsettled === 0) {
      if (this.#lastEnd !== undefined) {
        expect(windowStart >= this.#lastEnd, "windows are out of order");
        const isBeating = this.levels.changes === 0;
        if (heartbeat && isBeating)
          expect(windowStart === this.#lastEnd, "windows are not contiguous");
      }
      if (!this.#everUnsettled) {
        expect(windowEnd <= this.#clock.trueWallTime + 1, "a window ends in the future");
      }
    }
    if (isTick && !this.#everUnsettled) {
      expect(windowEnd % exportIntervalMs === 0, "a window does not end on the grid");
    }
    this.#lastEnd = windowEnd;
  }

  #checkSeries(snapshots: readonly MetricSnapshot[]): void {
    const keys = snapshots.map((snapshot) => `${snapshot.name} ${seriesOf(snapshot)}`);
    this.#findings.expect(new Set(keys).size === keys.length, "a window has a series twice", () =>
      keys.join(),
    );
    const most = this.#options.maxSeriesPerMetric;
    for (const metric of new Set(snapshots.map(({ name }) => name))) {
      const series = snapshots.filter(({ name, overflow }) => name === metric && overflow !== true);
      this.#findings.expect(
        series.length <= most,
        "more series than the limit",
        () => `${metric}: ${series.length}`,
      );
    }
  }
}

const OVERFLOW = "overflow";

/** A series as the model names it: by its dimensions. */
function seriesOf({ dimensions, overflow }: MetricSnapshot): string {
  return overflow === true ? OVERFLOW : dimensions.map((pair) => pair.join("=")).join();
}

/** Whether a snapshot keeps what the contract says of every snapshot. */
export function checkSnapshot(findings: Findings, where: string, snapshot: MetricSnapshot): void {
  const { kind, count, sum, min, max, last, windowStart, windowEnd, histogram } = snapshot;
  const numbers = [count, sum, min, max, last, windowStart, windowEnd];
  const isValid =
    ["counter", "gauge", "distribution"].includes(kind) &&
    Number.isSafeInteger(count) &&
    count >= 1 &&
    numbers.every(Number.isFinite) &&
    min <= max &&
    windowStart <= windowEnd;
  findings.expect(isValid, `${where} has a snapshot that is none`, () => JSON.stringify(snapshot));
  if (histogram === undefined) return;
  const buckets = [...histogram.positive.bucketCounts, ...histogram.negative.bucketCounts];
  const inBuckets = buckets.reduce((total, each) => total + each, histogram.zeroCount);
  findings.expect(inBuckets === count, `${where} has a histogram of another count`, () =>
    JSON.stringify(snapshot),
  );
}

function totalsOf(map: Map<string, Totals>, name: string): Totals {
  let totals = map.get(name);
  if (totals === undefined) {
    totals = { count: 0, sum: 0, isFuzzy: false, series: new Map() };
    map.set(name, totals);
  }
  return totals;
}

function copyOf(totals: Totals): Totals {
  return { ...totals, series: new Map(totals.series) };
}

function addTo(totals: Totals, series: string, count: number, sum: number): void {
  totals.count += count;
  totals.sum += sum;
  totals.series.set(series, (totals.series.get(series) ?? 0) + count);
}
