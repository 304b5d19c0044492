import fc from "fast-check";
import { expect, test } from "vitest";
import { InMemorySink } from "./sinks/in-memory-sink.ts";
import { ManualClock } from "./windows/manual-clock.ts";
import type { MetricKind, MetricSnapshot } from "./contract/metric-snapshot.ts";
import { MetricsManager } from "./metrics-manager.ts";
import type { ExportResult, MetricsSink } from "./contract/metrics-sink.ts";

const MINUTE_MS = 60_000;

type Step =
  | {
      readonly do: "record";
      readonly kind: MetricKind;
      readonly value: number;
      readonly series: number;
      readonly bound: boolean;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "step"; readonly ms: number }
  | { readonly do: "flush" }
  | { readonly do: "close" };

const record: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("record" as const),
  kind: fc.constantFrom<MetricKind>("counter", "gauge", "distribution"),
  // Integers, so that sums are exact in any order.
  value: fc.integer({ min: 0, max: 1_000_000 }),
  series: fc.integer({ min: 0, max: 12 }),
  bound: fc.boolean(),
});
const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("wait" as const),
  ms: fc.constantFrom(0, 1, 999, 15_000, MINUTE_MS, 25 * MINUTE_MS),
});
/** Somebody sets the wall clock. */
const stepOfClock: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("step" as const),
  ms: fc.constantFrom(-120 * MINUTE_MS, -MINUTE_MS, -3_000, -1, 1, 500, 3_000, 120 * MINUTE_MS),
});
const step = fc.oneof(
  { weight: 8, arbitrary: record },
  { weight: 3, arbitrary: wait },
  { weight: 1, arbitrary: stepOfClock },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "flush" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "close" }) },
);
const steps = fc.array(step, { maxLength: 60 });

/** Count and sum per metric, which is what must not change on the way. */
class Ledger {
  readonly #entries = new Map<string, { count: number; sum: number }>();

  add(name: string, count: number, sum: number): void {
    const entry = this.#entries.get(name) ?? { count: 0, sum: 0 };
    this.#entries.set(name, { count: entry.count + count, sum: entry.sum + sum });
  }

  addAll(snapshots: readonly MetricSnapshot[]): void {
    for (const { name, count, sum } of snapshots) this.add(name, count, sum);
  }

  get entries(): object {
    return Object.fromEntries(this.#entries);
  }

  /** The same with the levels that gauges held, which nobody recorded, taken out. Their sum is unknown then. */
  without(held: number): object {
    const { count = 0 } = this.#entries.get("gauge") ?? {};
    const { gauge: _, ...others } = Object.fromEntries(this.#entries);
    return count === held ? others : { ...others, gauge: count - held };
  }

  get count(): number {
    return [...this.#entries.values()].reduce((total, { count }) => total + count, 0);
  }
}

function play(metrics: MetricsManager, clock: ManualClock, recorded: Ledger) {
  const handles = new Map<string, { put(value: number): void }>();
  let isClosed = false;
  return async (step: Step): Promise<void> => {
    if (step.do === "wait") await clock.advance(step.ms);
    else if (step.do === "step") clock.stepWall(step.ms);
    else if (step.do === "flush") void metrics.flush();
    else if (step.do === "close") {
      void metrics.close();
      isClosed = true;
    } else {
      const { kind, value, series, bound } = step;
      const dimensions = { series, parity: series % 2 === 0 };
      const key = `${kind} ${series}`;
      const handle = handles.get(key) ?? metrics.bind(kind, dimensions);
      handles.set(key, handle);
      if (bound) handle.put(value);
      else metrics.put(kind, value, { parity: `${series % 2 === 0}`, series: `${series}` });
      if (!isClosed) recorded.add(kind, 1, value);
    }
  };
}

const catalogue = {
  counter: { kind: "counter" },
  gauge: { kind: "gauge" },
  distribution: { kind: "distribution" },
} as const;

test("each recorded observation is in exactly one window, whatever the order of ticks, flushes, evictions and close", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.constantFrom(2, 5, 2_000),
      fc.constantFrom(0, 1_000, MINUTE_MS),
      async (program, maxSeriesPerMetric, exportIntervalMs) => {
        const clock = new ManualClock();
        const sink = new InMemorySink();
        const metrics = new MetricsManager({
          clock,
          sink,
          maxSeriesPerMetric,
          exportIntervalMs,
          metrics: catalogue,
          onError: () => {},
        }) as unknown as MetricsManager;
        const recorded = new Ledger();
        const perform = play(metrics, clock, recorded);
        for (const step of program) {
          await perform(step);
          const now = new Ledger();
          now.addAll(
            metrics.stats().sinks[0]?.pending.snapshots === 0
              ? [...sink.allSnapshots, ...metrics.snapshots()]
              : [],
          );
          const { held, accepted } = metrics.stats();
          if (metrics.stats().sinks[0]?.pending.snapshots === 0)
            expect(now.without(held)).toEqual(recorded.without(0));
          expect(accepted).toBe(recorded.count + held);
        }
        await metrics.close();
        const exported = new Ledger();
        exported.addAll(sink.allSnapshots);
        expect(exported.without(metrics.stats().held)).toEqual(recorded.without(0));
        for (const snapshot of sink.allSnapshots) expectSound(snapshot);
      },
    ),
    { numRuns: 1_000 },
  );
}, 60_000);

/** Its window does not run backwards, and its histogram has each of its values once. */
function expectSound({ windowStart, windowEnd, histogram, count }: MetricSnapshot): void {
  expect(windowEnd).toBeGreaterThanOrEqual(windowStart);
  if (histogram === undefined) return;
  const buckets = [...histogram.positive.bucketCounts, ...histogram.negative.bucketCounts];
  expect(buckets.reduce((total, each) => total + each, histogram.zeroCount)).toBe(count);
}

test("twins, at once and one after the other, each deliver what was recorded with them, and nothing else", async () => {
  const whichDoes = fc.tuple(fc.nat(2), step);
  await fc.assert(
    fc.asyncProperty(
      fc.array(whichDoes, { maxLength: 100 }),
      fc.constantFrom(2, 2_000),
      async (program, maxSeriesPerMetric) => {
        const clock = new ManualClock();
        const start = () => {
          const sink = new InMemorySink();
          const recorded = new Ledger();
          const metrics = new MetricsManager({
            clock,
            sink,
            maxSeriesPerMetric,
            metrics: catalogue,
            onError: () => {},
          }) as unknown as MetricsManager;
          return { sink, recorded, metrics, perform: play(metrics, clock, recorded) };
        };
        const twins = [start(), start(), start()];
        const all = [...twins];
        for (const [which, each] of program) {
          await twins[which]?.perform(each);
          if (each.do !== "close") continue;
          twins[which] = start();
          all.push(twins[which]);
        }
        for (const { sink, recorded, metrics } of all) {
          await metrics.close();
          const exported = new Ledger();
          exported.addAll(sink.allSnapshots);
          expect(exported.without(metrics.stats().held)).toEqual(recorded.without(0));
          for (const snapshot of sink.allSnapshots) expectSound(snapshot);
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

const behaviours = [
  "succeed",
  "succeedAndAskForPatience",
  "throw",
  "throwFinal",
  "hang",
  "hangButHeed",
  "late",
  "partial",
  "uncertain",
  "foreign",
] as const;
type Behaviour = (typeof behaviours)[number];

/** A sink that behaves as a list says, and counts what it delivered and what it rejected. */
class ScriptedSink implements MetricsSink {
  readonly name: string;
  readonly maxExportSnapshots: number;
  readonly delivered = new Ledger();
  readonly rejected = new Ledger();
  /** What it took without the manager ever hearing of it. */
  readonly unheard = new Ledger();
  /** What the manager did wrong. It is collected here, because a throw would only be a failed export. */
  readonly violations: string[] = [];
  #previous: { readonly signal: AbortSignal; isSettled: boolean } | undefined;
  closed = 0;
  readonly #clock: ManualClock;
  readonly #script: Iterator<Behaviour>;

  constructor(
    name: string,
    clock: ManualClock,
    script: Iterator<Behaviour>,
    maxExportSnapshots: number,
  ) {
    this.name = name;
    this.#clock = clock;
    this.#script = script;
    this.maxExportSnapshots = maxExportSnapshots;
  }

  async export(
    snapshots: readonly MetricSnapshot[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<ExportResult | void> {
    if (this.closed > 0) this.violations.push("export after close");
    // An abandoned export may hang for ever after its abort.
    const isRunning = this.#previous?.isSettled === false && !this.#previous.signal.aborted;
    if (isRunning) this.violations.push("two exports at once");
    if (snapshots.length > this.maxExportSnapshots) this.violations.push("too many snapshots");
    if (new Set(snapshots).size < snapshots.length) this.violations.push("a snapshot twice");
    const current = { signal, isSettled: false };
    this.#previous = current;
    try {
      return await this.#behave(snapshots, signal);
    } finally {
      current.isSettled = true;
    }
  }

  async #behave(
    snapshots: readonly MetricSnapshot[],
    signal: AbortSignal,
  ): Promise<ExportResult | void> {
    const behaviour = (this.#script.next().value as Behaviour | undefined) ?? "succeed";
    await new Promise<void>((resolve) => void this.#clock.setTimer(resolve, 10));
    if (behaviour === "throw") throw new Error("down");
    if (behaviour === "throwFinal") {
      this.rejected.addAll(snapshots);
      throw Object.assign(new Error("never"), { retryable: false });
    }
    if (behaviour === "hang") return new Promise(() => {});
    if (behaviour === "hangButHeed") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { retry: snapshots };
    }
    if (behaviour === "late") {
      await new Promise<void>((resolve) => void this.#clock.setTimer(resolve, 50_000));
      this.unheard.addAll(snapshots);
      return undefined;
    }
    const retry = behaviour === "partial" ? snapshots.filter((_, i) => i % 3 === 0) : [];
    const rejected = behaviour === "partial" ? snapshots.filter((_, i) => i % 3 === 1) : [];
    const uncertain = behaviour === "uncertain" ? snapshots.filter((_, i) => i % 2 === 0) : [];
    const kept = new Set([...retry, ...rejected, ...uncertain]);
    this.rejected.addAll(rejected);
    this.delivered.addAll(snapshots.filter((snapshot) => !kept.has(snapshot)));
    const foreign = behaviour === "foreign" ? snapshots.map((snapshot) => ({ ...snapshot })) : [];
    return {
      retry: [...retry, ...foreign],
      uncertain,
      rejected: rejected.map((snapshot) => ({ snapshot, reason: "third" })),
      retryAfterMs:
        behaviour === "partial" ? 700 : behaviour === "succeedAndAskForPatience" ? 40_000 : 0,
    };
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

test("no observation is lost or counted twice by sinks that succeed, throw, hang, settle late and answer in part", async () => {
  const script = fc.array(fc.constantFrom(...behaviours), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      steps,
      script,
      script,
      fc.constantFrom(1, 3, 1_000),
      fc.constantFrom(4, 50_000),
      fc.constantFrom(0, MINUTE_MS),
      async (program, scriptA, scriptB, maxExport, coalesceAfterSnapshots, exportIntervalMs) => {
        const clock = new ManualClock();
        const sinks = [scriptA, scriptB].map(
          (each, i) => new ScriptedSink(`${i}`, clock, each[Symbol.iterator](), maxExport),
        );
        const metrics = new MetricsManager({
          clock,
          sink: sinks,
          exportIntervalMs,
          exportTimeoutMs: 5_000,
          coalesceAfterSnapshots,
          metrics: catalogue,
          onError: () => {},
        }) as unknown as MetricsManager;
        const recorded = new Ledger();
        const perform = play(metrics, clock, recorded);
        const balance = (): void => {
          for (const [i, { prepared, delivered, rejected, pending, coalesced }] of metrics
            .stats()
            .sinks.entries()) {
            expect(delivered.observations + rejected.observations + pending.observations).toBe(
              prepared.observations,
            );
            expect(delivered.snapshots + rejected.snapshots + pending.snapshots + coalesced).toBe(
              prepared.snapshots,
            );
            // The manager counts exactly what the sink has delivered and rejected.
            expect(delivered.observations).toBe(sinks[i]?.delivered.count);
            expect(rejected.observations).toBe(sinks[i]?.rejected.count);
          }
        };
        for (const step of program) {
          await perform(step);
          await clock.advance(0);
          if (step.do !== "wait") balance();
        }
        // When the scripts have ended, everything is delivered, unless the manager was closed before.
        // A gauge is in a window of each minute, which is exported up to 15 seconds later.
        const untilExported = 20_000 - (clock.wallTime() % MINUTE_MS);
        await clock.advance(16 * MINUTE_MS + untilExported);
        if (!program.some((step) => step.do === "close")) {
          for (const { pending } of metrics.stats().sinks) expect(pending.snapshots).toBe(0);
        }
        const closing = metrics.close({ timeoutMs: 30_000 });
        await clock.advance(31_000);
        const result = await closing;
        balance();
        for (const [i, sink] of sinks.entries()) {
          expect(sink.violations).toEqual([]);
          expect(sink.closed).toBe(1);
          const { pending } = metrics.stats().sinks[i] ?? {};
          expect(result.sinks[i]?.pending === 0).toBe(pending?.snapshots === 0);
          const known = sink.delivered.count + sink.rejected.count;
          const { held } = metrics.stats();
          expect(known + (pending?.observations ?? 0)).toBe(recorded.count + held);
          if (pending?.observations !== 0) continue;
          const settled = new Ledger();
          for (const ledger of [sink.delivered, sink.rejected]) {
            for (const [name, { count, sum }] of Object.entries(ledger.entries) as [
              string,
              { count: number; sum: number },
            ][])
              settled.add(name, count, sum);
          }
          expect(settled.without(held)).toEqual(recorded.without(0));
        }
        expect(clock.pendingTimers(true)).toBe(0);
      },
    ),
    { numRuns: 1_000 },
  );
}, 120_000);
