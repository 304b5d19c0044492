import { type MetricsError, MetricsManager } from "@aiokpl/metrics-core";
import { exampleSnapshots, type IntakeAnswer, startIntakeServer } from "@aiokpl/sink-testkit";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSink } from "./create-sink.ts";
import { OpenTelemetryExporterSink } from "./open-telemetry-exporter-sink.ts";
import { freePort } from "./testing/prometheus.ts";

const run = promisify(execFile);
const { signal } = new AbortController();

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith("OTEL_")) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

function sinkTo(url: string, temporality: "delta" | "cumulative" = "delta") {
  return new OpenTelemetryExporterSink({
    exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
    ownsExporter: true,
    temporality,
  });
}

const window = () => exampleSnapshots({ series: [{ name: "orders" }] });

describe("a wrong address", () => {
  test("is reported with its cause within two seconds, and again by whatever says that something is undelivered", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://${address}`);
    const errors: MetricsError[] = [];
    const metrics = new MetricsManager({
      sink: createSink(),
      exportIntervalMs: 0,
      onError: (error) => errors.push(error),
    });
    await metrics.start();
    metrics.count("orders");
    const started = performance.now();
    const flushing = metrics.flush();
    await expect.poll(() => errors.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(2_000);
    const refused = `connect ECONNREFUSED ${address}`;
    expect(errors[0]?.message).toContain(refused);
    const { ok, sinks } = await metrics.close({ timeoutMs: 500 });
    expect(ok).toBe(false);
    expect(sinks[0]?.error?.message).toContain(refused);
    expect(errors.at(-1)).toMatchObject({ code: "undelivered" });
    expect(errors.at(-1)?.message).toContain(refused);
    await flushing;
  });

  test("every address that was tried is named", async () => {
    const port = await freePort();
    const sink = sinkTo(`http://localhost:${port}`);
    const { retry = [], cause } = await sink.export(window(), { signal });
    expect(retry).toHaveLength(1);
    expect(String(cause)).toContain("ECONNREFUSED 127.0.0.1");
    await sink.close({ signal });
  });
});

describe("an answer that asks to try again", () => {
  const answered = async (answer: IntakeAnswer) => {
    await using intake = await startIntakeServer({ script: answer });
    const sink = sinkTo(intake.url);
    const snapshots = window();
    const result = await sink.export(snapshots, { signal });
    await sink.close({ signal });
    return { requests: intake.requests.length, snapshots, result };
  };

  test.each([429, 503])("status %s: the manager retries, and not the exporter", async (status) => {
    const { requests, snapshots, result } = await answered({ status });
    expect(requests).toBe(1);
    expect(result).toMatchObject({ retry: snapshots, uncertain: [] });
    expect(String(result.cause)).toContain(`the exporter failed with ${status}`);
  });

  test("a server's retry-after reaches the manager", async () => {
    const { result } = await answered({ status: 503, headers: { "retry-after": "7" } });
    expect(result).toMatchObject({ retryAfterMs: 7_000 });
  });

  test.each([502, 504])("status %s of a gateway: the outcome is uncertain", async (status) => {
    const { requests, snapshots, result } = await answered({ status });
    expect(requests).toBe(1);
    expect(result).toMatchObject({ retry: [], uncertain: snapshots });
  });
});

/** Exports once, closes within a second, and prints how long the process lived after that. */
const PROGRAM = `
  const [, url] = process.argv;
  const { MetricsManager } = await import(${url("../../metrics-core/src/index.ts")});
  const { createSink } = await import(${url("./create-sink.ts")});
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url;
  const metrics = new MetricsManager({ sink: createSink(), onError: () => {} });
  metrics.count("orders");
  await metrics.close({ timeoutMs: 1_000 });
  const closed = performance.now();
  process.once("exit", () => console.log(performance.now() - closed));
`;

function url(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

describe("nothing keeps the process alive after close", () => {
  test.each<[string, IntakeAnswer | undefined]>([
    ["refuses connections", undefined],
    ["is busy", { status: 503, headers: { "retry-after": "4" } }],
    ["never answers", { hang: true }],
    ["sends half an answer", { status: 200, body: "x".repeat(100_000), reset: "mid-body" }],
  ])("while the server %s", async (_, answer) => {
    await using intake = await startIntakeServer({ script: answer ?? { status: 200 } });
    if (answer === undefined) await intake.refuseConnections();
    const { stdout } = await run(
      process.execPath,
      ["--input-type=module", "-e", PROGRAM, intake.url],
      { cwd: fileURLToPath(new URL(".", import.meta.url)) },
    );
    expect(Number(stdout)).toBeLessThan(500);
  });
});
