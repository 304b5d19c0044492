import { MockOtlpServer, type OtlpMetric } from "@elastic/mockotlpserver";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import type { Totals } from "./application.ts";

/** A vendor, as an application that swaps sinks sees it. */
export interface Vendor {
  /** The package that is the application's `@aiokpl/sink`. */
  readonly sink: string;
  /** What its README has users install beside the sink, with ranges. */
  readonly beside: Readonly<Record<string, string>>;
  /** Starts what the vendor's client talks to. */
  listen(): Promise<VendorEnd>;
}

/** Where one run of the application reports to. */
interface VendorEnd extends AsyncDisposable {
  /** The environment variables that lead there. */
  readonly env: Readonly<Record<string, string>>;
  /** What arrived, read out of the vendor's form. */
  totals(stdout: string): Totals;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** Core as its own sink, which writes to standard output. */
export const theConsole: Vendor = {
  sink: "@aiokpl/metrics-core",
  beside: {},
  async listen() {
    return {
      env: {},
      totals(stdout) {
        const rows = stdout.split("\n").map((line) => line.replace(/ +/g, " "));
        const columns = (start: string): readonly number[] => {
          const row = rows.find((each) => each.startsWith(`${start} `)) ?? "";
          return [...row.slice(start.length).matchAll(/[\d,.]+/g)].map(([number]) =>
            Number(number.replaceAll(",", "")),
          );
        };
        const [count = NaN, latencySum = NaN, , , , , max = NaN] = columns("latency route=/");
        return {
          orders: columns("orders country=PT")[1],
          depth: columns("depth").at(-1),
          latency: { count, sum: latencySum, max },
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

/** The part of a request to CloudWatch that is looked at. */
interface PutMetricData {
  readonly Namespace: string;
  readonly MetricData: readonly {
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
    readonly StatisticValues?: { readonly Sum: number; readonly Maximum: number };
    readonly Values?: readonly number[];
    readonly Counts?: readonly number[];
  }[];
}

const cloudWatch: Vendor = {
  sink: "@aiokpl/sink-cloudwatch",
  beside: {},
  async listen() {
    const intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
    return {
      env: {
        AWS_ENDPOINT_URL_CLOUDWATCH: intake.url,
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "key",
        AWS_SECRET_ACCESS_KEY: "secret",
      },
      totals() {
        const datums = intake.requests
          .map(({ text }): PutMetricData => JSON.parse(text))
          .filter(({ Namespace }) => Namespace === "shop")
          .flatMap(({ MetricData }) => MetricData);
        const of = (name: string, dimension = "") =>
          datums.find(
            ({ MetricName, Dimensions = [] }) =>
              MetricName === name &&
              Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join() === dimension,
          );
        const { Values = [], Counts = [] } = of("latency", "route=/") ?? {};
        return {
          orders: of("orders", "country=PT")?.StatisticValues?.Sum,
          depth: of("depth")?.StatisticValues?.Maximum,
          latency: {
            count: sum(Counts),
            sum: Number(sum(Values.map((value, i) => value * (Counts[i] ?? 0))).toFixed(6)),
            max: Math.max(...Values),
          },
        };
      },
      [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose](),
    };
  },
};

const openTelemetry: Vendor = {
  sink: "@aiokpl/sink-otel",
  beside: {
    "@opentelemetry/api": "^1.10.0",
    "@opentelemetry/exporter-metrics-otlp-proto": "^0.301.0",
  },
  async listen() {
    const metrics: OtlpMetric[] = [];
    const server = new MockOtlpServer({
      logLevel: "warn",
      services: ["http"],
      httpHostname: "127.0.0.1",
      httpPort: 0,
      onMetrics: ({ resourceMetrics }) => {
        for (const { scopeMetrics } of resourceMetrics)
          for (const scope of scopeMetrics) metrics.push(...scope.metrics);
      },
    });
    await server.start();
    return {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: server.httpUrl.href },
      totals() {
        const of = (name: string) => metrics.find((metric) => metric.name === `shop.${name}`);
        const latency = of("latency")?.exponentialHistogram?.dataPoints[0];
        return {
          orders: of("orders")?.sum?.dataPoints.find(
            ({ attributes: [country] }) => country?.value.stringValue === "PT",
          )?.asDouble,
          depth: of("depth")?.gauge?.dataPoints[0]?.asDouble,
          latency: {
            count: Number(latency?.count),
            sum: Number(latency?.sum),
            max: Number(latency?.max),
          },
        };
      },
      [Symbol.asyncDispose]: () => server.close(),
    };
  },
};

/** The part of a request to Datadog that is looked at. */
interface Series {
  readonly metric: string;
  readonly tags?: readonly string[];
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

const datadog: Vendor = {
  sink: "@aiokpl/sink-datadog",
  beside: {},
  async listen() {
    const intake = await startIntakeServer({ script: { status: 202, body: '{"status":"ok"}' } });
    return {
      env: {
        DD_API_KEY: "0123456789abcdef0123456789abcdef",
        DD_URL: intake.url,
        DD_HOSTNAME: "host-1",
      },
      totals() {
        const series = intake.requests.flatMap(
          ({ text }): readonly Series[] => JSON.parse(text).series,
        );
        const of = (name: string, tag?: string) =>
          series.find(
            ({ metric, tags = [] }) =>
              metric === `shop.${name}` && (tag === undefined || tags.includes(tag)),
          )?.points[0]?.[1];
        return {
          orders: of("orders", "country:pt"),
          depth: of("depth"),
          latency: {
            count: of("latency.count", "route:/") ?? 0,
            sum: of("latency.sum", "route:/") ?? 0,
            max: of("latency.max", "route:/") ?? 0,
          },
        };
      },
      [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose](),
    };
  },
};

/** The three vendors, and core itself for the console. */
export const VENDORS: readonly Vendor[] = [theConsole, cloudWatch, openTelemetry, datadog];
