import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { MetricExporter } from "./exporter/metric-exporter.ts";
import type { ResourceMetrics } from "./metric-data/sdk-data.ts";
import type { Temporality } from "./metric-data/temporality.ts";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { type BetweenTurns, ScriptedTurn } from "./testing/scripted-turn.ts";

let between: BetweenTurns = () => {};
vi.mock(import("./turns/new-turn.ts"), () => ({
  newTurn: () => new ScriptedTurn(() => between()),
}));

/** Names that differ in case share their series; of three ids each, one has no place below the limit. */
const SOURCES = ["a", "A", "b"].flatMap((name) => ["1", "2", "3"].map((id) => ({ name, id })));
const LIMIT = 3;
const MOST_OBSERVATIONS = 25;
const START = Date.UTC(2030, 0, 1);

/** How often each observation is in a sum: the n-th one's value is the n-th power of 4. */
function timesIn(sum: number): readonly number[] {
  return Array.from({ length: MOST_OBSERVATIONS }, (_, i) => Math.floor(sum / 4 ** i) % 4);
}

type Answer = "taken" | "busy" | "too large";

/** A server that answers as the test says, and keeps what it took. */
class Server implements MetricExporter {
  readonly #temporality: Temporality;
  readonly #answers: Answer[];
  /** By name, attributes and start; of deltas by number. */
  readonly #values = new Map<string, number>();
  #points = 0;
  calls = 0;
  /** The ends of the points since the test emptied it. */
  readonly ends = new Set<string>();

  constructor(temporality: Temporality, answers: readonly Answer[]) {
    this.#temporality = temporality;
    this.#answers = [...answers];
  }

  get sum(): number {
    return [...this.#values.values()].reduce((all, value) => all + value, 0);
  }

  export(
    { scopeMetrics }: ResourceMetrics,
    callback: (result: { code: number; error?: Error }) => void,
  ): void {
    this.calls++;
    const answer = this.#answers.shift() ?? "taken";
    if (answer === "taken") this.#take(scopeMetrics);
    queueMicrotask(() => {
      if (answer === "taken") callback({ code: 0 });
      else {
        const code = answer === "busy" ? 429 : 413;
        callback({ code: 1, error: Object.assign(new Error(answer), { code }) });
      }
    });
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  #take(scopes: ResourceMetrics["scopeMetrics"]): void {
    for (const { descriptor, dataPoints } of scopes.flatMap(({ metrics }) => metrics))
      for (const { attributes, startTime, endTime, value } of dataPoints) {
        const point = this.#temporality === "delta" ? this.#points++ : "";
        const series = JSON.stringify([descriptor.name, attributes, startTime, point]);
        expect(Number(value)).toBeGreaterThanOrEqual(this.#values.get(series) ?? 0);
        this.#values.set(series, Number(value));
        this.ends.add(JSON.stringify(endTime));
      }
  }
}

/** The sources of a window's observations, and after how many turns the export is aborted. */
interface Window {
  readonly sources: readonly number[];
  readonly turns: number | undefined;
}

const windows: fc.Arbitrary<readonly Window[]> = fc.array(
  fc.record({
    sources: fc.array(fc.nat(SOURCES.length - 1), { maxLength: 8 }),
    turns: fc.option(fc.nat(40), { nil: undefined }),
  }),
  { maxLength: 8 },
);
const answers: fc.Arbitrary<readonly Answer[]> = fc.array(
  fc.constantFrom<Answer>("taken", "taken", "taken", "busy", "too large"),
  { maxLength: 30 },
);

describe.each(["delta", "cumulative"] as const)("%s", (temporality) => {
  test("wherever an export is aborted, and whatever the exporter answers, the server gets each observation once", async () => {
    const run = async (
      script: readonly Window[],
      answered: readonly Answer[],
      maxBatchPoints: number,
    ): Promise<void> => {
      const server = new Server(temporality, answered);
      const sink = new OpenTelemetryExporterSink({
        exporter: server,
        temporality,
        maxBatchPoints,
        maxSeriesPerMetric: LIMIT,
        onWarning: () => {},
      });
      let recorded = 0;
      let lost = 0;
      let pending: readonly MetricSnapshot[] = [];
      const exportOnce = async (turns: number | undefined): Promise<void> => {
        const controller = new AbortController();
        let left = turns ?? Infinity;
        let callsWhenAborted: number | undefined;
        between = () => {
          if (left-- > 0 || controller.signal.aborted) return;
          controller.abort();
          callsWhenAborted = server.calls;
        };
        server.ends.clear();
        const {
          retry = [],
          uncertain = [],
          rejected = [],
        } = await sink.export(pending, { signal: controller.signal });
        expect(server.calls).toBe(callsWhenAborted ?? server.calls);
        if (temporality === "cumulative") expect(server.ends.size).toBeLessThanOrEqual(1);
        expect(uncertain).toEqual([]);
        expect(retry.filter((each) => !pending.includes(each))).toEqual([]);
        expect(new Set(retry).size).toBe(retry.length);
        // A point that is too large alone is rejected, and with it what is new in it.
        for (const { snapshot } of rejected) lost += snapshot.sum;
        pending = retry;
      };
      for (const [index, { sources, turns }] of script.entries()) {
        const values = new Map<number, number[]>();
        for (const source of sources) {
          if (recorded === MOST_OBSERVATIONS) break;
          values.set(source, [...(values.get(source) ?? []), 4 ** recorded++]);
        }
        const series = [...values].map(([source, observed]) => {
          const { name = "", id = "" } = SOURCES[source] ?? {};
          return { name, dimensions: { id }, values: observed };
        });
        const windowStart = START + index * 60_000;
        pending = [...pending, ...exampleSnapshots({ series, windowStart, windowMs: 60_000 })];
        try {
          await exportOnce(turns);
        } catch (error) {
          // There was nothing new, and the exporter did not take the totals.
          expect(pending).toEqual([]);
          expect(String(error)).toMatch(/busy|stopped/);
        }
        const times = timesIn(server.sum + lost);
        expect(times.filter((each) => each > 1)).toEqual([]);
      }
      for (let i = 0; pending.length > 0 && i < 40; i++) await exportOnce(undefined);
      const times = timesIn(server.sum + lost);
      expect(times.slice(0, recorded).filter((each) => each !== 1)).toEqual([]);
      expect(times.slice(recorded).filter((each) => each !== 0)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(windows, answers, fc.integer({ min: 1, max: 6 }), run), {
      numRuns: 300,
    });
  });
});
