import type { v1 } from "@datadog/datadog-api-client";
import type { EndedRequest, Variant } from "./instrumentation.ts";

const apiKey = "0123456789abcdef0123456789abcdef";

/** OpenTelemetry's SDK with a periodic reader and its exporter for OTLP over HTTP. */
function otel(temporality: "delta" | "cumulative"): Variant {
  return {
    protocol: "otlp",
    async setUp({ receiver, exportIntervalMs, maxSeries }) {
      const { MeterProvider, PeriodicExportingMetricReader } =
        await import("@opentelemetry/sdk-metrics");
      const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-proto");
      process.env["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = temporality;
      const exporter = new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` });
      const reader = new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: exportIntervalMs,
        exportTimeoutMillis: Math.min(exportIntervalMs, 30_000),
        ...(maxSeries === undefined
          ? undefined
          : { cardinalityLimits: { default: maxSeries + 1 } }),
      });
      const provider = new MeterProvider({ readers: [reader] });
      const meter = provider.getMeter("shop");
      const requests = meter.createCounter("http.requests");
      const duration = meter.createHistogram("http.duration", { unit: "ms" });
      const inFlight = meter.createUpDownCounter("http.in_flight");
      const orders = meter.createCounter("customer.orders");
      return {
        began: () => inFlight.add(1),
        ended({ method, route, status, ms }) {
          inFlight.add(-1);
          requests.add(1, { method, route, status });
          duration.record(ms, { method, route });
        },
        customer: (customer) => orders.add(1, { customer }),
        flush: () => provider.forceFlush(),
        close: () => provider.shutdown(),
      };
    },
  };
}

/** With its default buckets, in milliseconds, and a page of its own server. */
const promClient: Variant = {
  protocol: "prometheus",
  async setUp() {
    const { createServer } = await import("node:http");
    const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
    const { BUCKETS_MS } = await import("../prometheus-metrics.ts");
    const registry = new Registry();
    const registers = [registry];
    const labelNames = ["method", "route"] as const;
    const requests = new Counter({
      name: "http_requests",
      help: "Requests.",
      labelNames: [...labelNames, "status"],
      registers,
    });
    const duration = new Histogram({
      name: "http_duration",
      help: "Duration of requests in milliseconds.",
      labelNames,
      buckets: BUCKETS_MS,
      registers,
    });
    const inFlight = new Gauge({ name: "http_in_flight", help: "Requests in flight.", registers });
    const orders = new Counter({
      name: "customer_orders",
      help: "Orders.",
      labelNames: ["customer"],
      registers,
    });
    const server = createServer((_request, response) => {
      void registry.metrics().then((page) => {
        response.setHeader("content-type", registry.contentType);
        response.end(page);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return {
      began: () => inFlight.inc(),
      ended({ method, route, status, ms }) {
        inFlight.dec();
        requests.inc({ method, route, status });
        duration.observe({ method, route }, ms);
      },
      customer: (customer) => orders.inc({ customer }),
      flush: async () => {},
      close: async () => void server.close(),
      page: `http://127.0.0.1:${port}/metrics`,
    };
  },
};

const tagsOf = ({ method, route }: EndedRequest): string[] => [
  `method:${method}`,
  `route:${route}`,
];

/** Its own reporter sends only to https://api.<site>; this one makes the same call to the receiver. */
const datadogMetrics: Variant = {
  protocol: "datadog added",
  async setUp({ receiver, exportIntervalMs }) {
    const { default: metrics } = await import("datadog-metrics");
    const { client, v1 } = await import("@datadog/datadog-api-client");
    const api = new v1.MetricsApi(
      client.createConfiguration({
        authMethods: { apiKeyAuth: apiKey },
        baseServer: new client.ServerConfiguration(receiver.url, {}),
      }),
    );
    const logger = new metrics.BufferedMetricsLogger({
      apiKey,
      host: "h",
      flushIntervalSeconds: exportIntervalMs / 1_000,
      reporter: {
        report: async (series: v1.Series[]) => {
          if (series.length > 0) await api.submitMetrics({ body: { series } });
        },
      },
    });
    let inFlight = 0;
    return {
      began: () => logger.gauge("http.in_flight", ++inFlight),
      ended(request) {
        const tags = tagsOf(request);
        logger.gauge("http.in_flight", --inFlight);
        logger.increment("http.requests", 1, [...tags, `status:${request.status}`]);
        logger.histogram("http.duration", request.ms, tags);
      },
      customer: (id) => logger.increment("customer.orders", 1, [`customer:${id}`]),
      flush: () => logger.flush(),
      close: () => logger.stop(),
    };
  },
};

/** Over UDP, with buffering and aggregation as its documentation shows for hot metrics. */
const hotShots: Variant = {
  protocol: "dogstatsd",
  async setUp({ receiver }) {
    const { default: StatsD } = await import("hot-shots");
    const client = new StatsD({
      host: "127.0.0.1",
      port: receiver.port,
      maxBufferSize: 1_432,
      aggregation: true,
    });
    let inFlight = 0;
    return {
      began: () => client.gauge("http.in_flight", ++inFlight),
      ended(request) {
        const tags = tagsOf(request);
        client.gauge("http.in_flight", --inFlight);
        client.increment("http.requests", 1, [...tags, `status:${request.status}`]);
        client.distribution("http.duration", request.ms, tags);
      },
      customer: (id) => client.increment("customer.orders", 1, [`customer:${id}`]),
      flush: () => new Promise<void>((resolve) => client.flush(() => resolve())),
      close: () => new Promise<void>((resolve) => client.close(() => resolve())),
    };
  },
};

/** One logger for each request, as its documentation shows, to the CloudWatch agent. */
const embeddedMetrics: Variant = {
  protocol: "emf",
  async setUp({ receiver }) {
    const { Configuration, createMetricsLogger, Unit } = await import("aws-embedded-metrics");
    Object.assign(Configuration, {
      environmentOverride: "Agent",
      agentEndpoint: `tcp://127.0.0.1:${receiver.port}`,
      logGroupName: "shop",
      serviceName: "shop",
      namespace: "shop",
    });
    const sent = new Set<Promise<void>>();
    const send = (promise: Promise<void>): void => {
      sent.add(promise);
      void promise.finally(() => sent.delete(promise));
    };
    let inFlight = 0;
    return {
      began: () => void inFlight++,
      ended({ method, route, status, ms }) {
        const logger = createMetricsLogger();
        logger.setDimensions({ method, route, status: String(status) });
        logger.putMetric("http.in_flight", inFlight, Unit.Count);
        logger.putMetric("http.in_flight", --inFlight, Unit.Count);
        logger.putMetric("http.requests", 1, Unit.Count);
        logger.putMetric("http.duration", ms, Unit.Milliseconds);
        send(logger.flush());
      },
      customer(customer) {
        const logger = createMetricsLogger();
        logger.setDimensions({ customer });
        logger.putMetric("customer.orders", 1, Unit.Count);
        send(logger.flush());
      },
      flush: () => Promise.all(sent),
      close: () => Promise.all(sent),
    };
  },
};

/** What a program without a library does: it adds up statistics by hand, and sends them with the AWS SDK. */
const awsSdk: Variant = {
  protocol: "cloudwatch",
  async setUp({ receiver, exportIntervalMs }) {
    const { CloudWatchClient, PutMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
    const { StatisticSets } = await import("./statistic-sets.ts");
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const client = new CloudWatchClient({
      region: "eu-west-1",
      credentials,
      endpoint: receiver.url,
    });
    const sets = new StatisticSets();
    const flush = async (): Promise<void> => {
      const all = sets.take();
      for (let start = 0; start < all.length; start += 1_000) {
        const MetricData = all.slice(start, start + 1_000);
        await client.send(new PutMetricDataCommand({ Namespace: "shop", MetricData }));
      }
    };
    const timer = setInterval(() => void flush(), exportIntervalMs).unref();
    let inFlight = 0;
    return {
      began: () => sets.add("http.in_flight", ++inFlight, {}),
      ended({ method, route, status, ms }) {
        sets.add("http.in_flight", --inFlight, {});
        sets.add("http.requests", 1, { method, route, status: String(status) });
        sets.add("http.duration", ms, { method, route });
      },
      customer: (customer) => sets.add("customer.orders", 1, { customer }),
      flush,
      async close() {
        clearInterval(timer);
        await flush();
        client.destroy();
      },
    };
  },
};

/** Each peer, as its documentation recommends. */
export const peerVariants = {
  "otel, delta": otel("delta"),
  "otel, cumulative": otel("cumulative"),
  "prom-client": promClient,
  "datadog-metrics": datadogMetrics,
  "hot-shots": hotShots,
  "AWS SDK by hand": awsSdk,
  "aws-embedded-metrics": embeddedMetrics,
} satisfies Readonly<Record<string, Variant>>;

/** The same service without any metrics. */
export const noMetrics: Variant = {
  setUp: async () => ({
    began() {},
    ended() {},
    customer() {},
    flush: async () => {},
    close: async () => {},
  }),
};
