import { MockOtlpServer, type OtlpMetric } from "@elastic/mockotlpserver";
import type { Vendor } from "../vendor.ts";

export const vendor: Vendor = {
  sink: "@aiokpl/sink-otel",
  beside: {
    "@opentelemetry/api": "^1.10.0",
    "@opentelemetry/exporter-metrics-otlp-proto": "^0.301.0",
  },
  theirs: /^@opentelemetry\//,
  underJest: { NODE_OPTIONS: "--experimental-vm-modules" },
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
