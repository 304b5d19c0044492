import { InMemorySink, MetricsManager, type MetricSnapshot } from "@aiokpl/metrics-core";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import {
  CloudWatchClient,
  type Datapoint,
  GetMetricStatisticsCommand,
  type MetricDatum,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import { type Moto, startMoto } from "./testing/moto.ts";
import { toStandardUnit } from "./datums/units.ts";

const MINUTE_MS = 60_000;

let moto: Moto;
let client: CloudWatchClient;
beforeAll(async () => {
  moto = await startMoto();
  client = clientOf();
});
afterAll(async () => {
  client.destroy();
  await moto[Symbol.asyncDispose]();
});

/** Without compression: moto decompresses a JSON body twice, and fails. */
function clientOf(): CloudWatchClient {
  return new CloudWatchClient({
    endpoint: moto.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "key", secretAccessKey: "secret" },
    disableRequestCompression: true,
    maxAttempts: 1,
  });
}

/** Moto's statistics of a series, by the minute. */
async function readBack(
  namespace: string,
  series: Pick<MetricSnapshot, "name" | "unit" | "dimensions">,
): Promise<Map<number, Datapoint>> {
  const Unit = toStandardUnit(series.unit);
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: namespace,
      MetricName: series.name,
      Dimensions: series.dimensions.map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(minuteOf(Date.now()) - 60 * MINUTE_MS),
      EndTime: new Date(minuteOf(Date.now()) + MINUTE_MS),
      Period: 60,
      Statistics: ["SampleCount", "Sum", "Minimum", "Maximum"],
      ...(Unit === undefined ? {} : { Unit }),
    }),
  );
  // Moto's periods begin with the first datum, not with the minute.
  return new Map(Datapoints.map((point) => [minuteOf(point.Timestamp?.getTime() ?? NaN), point]));
}

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

// It takes long because moto searches all of its data for each of the 1,500 reads.
test(
  "1,500 series of three windows are read back with the manager's numbers",
  { timeout: 300_000 },
  async () => {
    const kept = new InMemorySink();
    const clock = new ManualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS);
    const namespace = "three-windows";
    const requests: number[] = [];
    const createClient = (): CloudWatchClient => {
      const made = clientOf();
      made.middlewareStack.add(
        (next) => async (args) => {
          const { MetricData = [] } = args.input as { MetricData?: MetricDatum[] };
          requests.push(MetricData.length);
          return next(args);
        },
        { step: "initialize" },
      );
      return made;
    };
    const metrics = new MetricsManager({
      clock,
      sink: [new CloudWatchSink({ createClient, namespace }), kept],
      exportIntervalMs: 0,
      onError: (error) => {
        throw error;
      },
      metrics: {
        orders: { kind: "counter", unit: "{order}" },
        // Not in the window that close() ends.
        depth: { kind: "gauge", unit: "By", holdMs: 0 },
        latency: { kind: "distribution", unit: "ms" },
      },
    });
    for (let window = 0; window < 3; window++) {
      for (let i = 0; i < 500; i++) {
        for (const value of [i, window, 3]) metrics.put("orders", value, { i });
        for (const value of [i, window - 9]) metrics.put("depth", value, { i });
        for (let j = 0; j < 10; j++) metrics.put("latency", 0.5 + i * j * 1.1 + window, { i });
      }
      await clock.advance(MINUTE_MS);
      expect(await metrics.flush()).toMatchObject({ ok: true, delivered: 3_000 });
    }
    await metrics.close();
    expect(kept.allSnapshots).toHaveLength(4_500);
    expect(requests).toEqual([1_000, 500, 1_000, 500, 1_000, 500]);
    const points = new Map<unknown, Map<number, Datapoint>>();
    for (const snapshot of kept.allSnapshots) {
      const { name, dimensions, kind, count, sum, min, max, unit, windowStart, windowEnd } =
        snapshot;
      const series = `${name} ${String(dimensions)}`;
      const read = points.get(series) ?? (await readBack(namespace, snapshot));
      points.set(series, read);
      const got = read.get(minuteOf(kind === "gauge" ? windowEnd - 1 : windowStart));
      expect(got).toMatchObject({ SampleCount: count, Minimum: min, Maximum: max });
      expect(got?.Unit).toBe(toStandardUnit(unit));
      if (kind === "distribution")
        expect(Math.abs((got?.Sum ?? NaN) - sum)).toBeLessThanOrEqual(Number.EPSILON * count * sum);
      else expect(got?.Sum).toBe(sum);
    }
  },
);

test("one NaN that got past every check loses only that datum", async () => {
  const send = clientOf();
  const kept = new InMemorySink();
  // As if a value had changed between our check and the wire.
  send.middlewareStack.add(
    (next) => async (args) => {
      const input = args.input as { MetricData?: MetricDatum[] };
      const MetricData = input.MetricData?.map((datum) =>
        datum.MetricName === "poison" ? { MetricName: "poison", Value: NaN } : datum,
      );
      return next({ ...args, input: { ...input, MetricData } as typeof args.input });
    },
    { step: "initialize" },
  );
  const metrics = new MetricsManager({
    sink: [new CloudWatchSink({ client: send, namespace: "poison" }), kept],
    exportIntervalMs: 0,
    onError: () => {},
  });
  for (let i = 0; i < 50; i++) metrics.count(i === 31 ? "poison" : `good-${i}`, 1);
  expect(await metrics.close()).toMatchObject({ delivered: 99, rejected: 1, pending: 0 });
  send.destroy();
  const [example] = kept.allSnapshots;
  if (example === undefined) throw new Error("nothing was exported");
  const read = async (name: string) => [
    ...(await readBack("poison", { ...example, name })).values(),
  ];
  expect(await read("poison")).toEqual([]);
  for (let i = 0; i < 50; i++)
    if (i !== 31) expect(await read(`good-${i}`)).toMatchObject([{ Sum: 1 }]);
});

test("a level that was moved once and a counter that says 0 are in each window, until the level is forgotten", async () => {
  const clock = new ManualClock(minuteOf(Date.now()) - 20 * MINUTE_MS);
  const namespace = "quiet";
  const metrics = new MetricsManager({
    clock,
    sink: new CloudWatchSink({ createClient: clientOf, namespace }),
    exportIntervalMs: 0,
    onError: (error) => {
      throw error;
    },
    metrics: {
      "in flight": { kind: "gauge", unit: "{request}" },
      failures: { kind: "counter", unit: "{request}", quiet: "zero", dimensions: [] },
      served: { kind: "counter", unit: "{request}" },
    },
  });
  let served = 0;
  metrics.observe("served", () => (served += 3));
  metrics.add("in flight", 7);
  metrics.count("failures", 2);
  // The thirteenth is the last one, which close() closes.
  for (let window = 0; window < 12; window++) {
    if (window === 10) {
      metrics.count("failures", 5);
      expect(metrics.forget("in flight")).toBe(1);
    }
    await clock.advance(MINUTE_MS);
    expect(await metrics.flush()).toMatchObject({ ok: true });
  }
  await metrics.close();
  const readingsOf = async (name: string): Promise<readonly (number | undefined)[][]> => {
    const points = await readBack(namespace, { name, unit: "{request}", dimensions: [] });
    return [...points]
      .toSorted(([a], [b]) => a - b)
      .map(([, { SampleCount, Sum, Minimum, Maximum }]) => [SampleCount, Sum, Minimum, Maximum]);
  };
  expect(await readingsOf("in flight")).toEqual(Array(10).fill([1, 7, 7, 7]));
  const failures = Array(13).fill([1, 0, 0, 0]);
  failures[0] = [1, 2, 2, 2];
  failures[10] = [1, 5, 5, 5];
  expect(await readingsOf("failures")).toEqual(failures);
  expect(await readingsOf("served")).toEqual(Array(13).fill([1, 3, 3, 3]));
});
