import { MetricsManager } from "@aiokpl/metrics-core";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { metrics as api } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSink } from "./create-sink.ts";
import { OpenTelemetrySink } from "./open-telemetry-sink.ts";
import { attributesOf, decoded, fakeOtlp } from "./testing/otlp.ts";

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith("OTEL_")) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  api.disable();
});

test("records into the MeterProvider that is registered when it is called", async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({ readers: [reader] });
  api.setGlobalMeterProvider(provider);
  const metrics = new MetricsManager({ sink: createSink({ namespace: "shop" }) });
  metrics.count("c", 3);
  await metrics.close();
  expect(exporter.getMetrics().at(-1)?.scopeMetrics[0]?.metrics).toMatchObject([
    { descriptor: { name: "shop.c" }, dataPoints: [{ value: 3 }] },
  ]);
  await provider.shutdown();
});

test("without a MeterProvider it sends OTLP, and reads OTEL_EXPORTER_OTLP_* and OTEL_RESOURCE_ATTRIBUTES", async () => {
  await using intake = await startIntakeServer({ script: fakeOtlp });
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", intake.url);
  vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=7");
  vi.stubEnv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
  vi.stubEnv("OTEL_SERVICE_NAME", "shop");
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=a%20b,service.instance.id=none");
  const metrics = new MetricsManager({
    sink: createSink({ instance: "worker-2" }),
    exportIntervalMs: 0,
  });
  for (let window = 0; window < 2; window++) {
    metrics.count("c", 3);
    expect(await metrics.flush()).toMatchObject({ ok: true });
  }
  expect(await metrics.close()).toMatchObject({ ok: true });
  expect(intake.requests.map(({ headers }) => headers["x-tenant"])).toEqual(["7", "7"]);
  for (const request of intake.requests) {
    const [{ resource, scopeMetrics = [] } = {}] = decoded(request).resourceMetrics ?? [];
    expect(attributesOf({ attributes: resource?.attributes ?? [] })).toEqual({
      "service.name": "shop",
      "service.instance.id": "worker-2",
      "deployment.environment": "a b",
    });
    expect(scopeMetrics[0]?.metrics).toMatchObject([
      { name: "c", sum: { dataPoints: [{ asDouble: 3 }] } },
    ]);
  }
});

test("a MeterProvider of another copy of the API: a warning names both versions", async () => {
  const registry = Symbol.for("opentelemetry.js.api.1");
  api.setGlobalMeterProvider(new MeterProvider());
  const own: unknown = Reflect.get(globalThis, registry);
  const ownVersion = String(Reflect.get(Object(own), "version"));
  const other = { version: "1.2.0", metrics: new MeterProvider() };
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  try {
    Reflect.set(globalThis, registry, other);
    const metrics = new MetricsManager({
      sink: [createSink(), new OpenTelemetrySink()],
      exportIntervalMs: 0,
      onError: (error) => errors.push(error.message),
    });
    const errors: string[] = [];
    metrics.count("c");
    await metrics.flush({ timeoutMs: 100 });
    for (const message of [String(emitWarning.mock.calls[0]?.[0]), errors.join()]) {
      expect(message).toContain("a MeterProvider is registered with @opentelemetry/api 1.2.0");
      expect(message).toContain(`another copy of that package, ${ownVersion}`);
    }
    expect(Reflect.get(globalThis, registry)).toBe(other);
    await metrics.close({ timeoutMs: 100 });
  } finally {
    Reflect.set(globalThis, registry, own);
    emitWarning.mockRestore();
  }
});

test("never throws: start() reports a wrong namespace", async () => {
  for (const isRegistered of [false, true]) {
    if (isRegistered) api.setGlobalMeterProvider(new MeterProvider());
    const metrics = new MetricsManager({
      sink: createSink({ namespace: "1é" }),
      onError: () => {},
    });
    await expect(metrics.start()).rejects.toThrow(
      'namespace is "1é", must be "" or the beginning of a legal name',
    );
    await metrics.close();
  }
});
