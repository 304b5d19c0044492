import { MetricsManager } from "@aiokpl/metrics-core";
import { afterEach, expect, test, vi } from "vitest";
import { DatadogSink } from "../datadog-sink.ts";
import { loadClientParts } from "./client-parts.ts";

const api = "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/MetricsApi.js";

afterEach(() => {
  vi.doUnmock(api);
});

test("the installed client has everything", async () => {
  expect(Object.keys(await loadClientParts())).toHaveLength(4);
});

test.each([
  ["whose file is gone", () => Promise.reject(new Error("Cannot find module"))],
  ["whose class is gone", async () => ({ MetricsApi: undefined })],
])("a client %s: open() fails for good and says which versions work", async (_, factory) => {
  vi.doMock(api, factory);
  const errors: string[] = [];
  const metrics = new MetricsManager({
    sink: new DatadogSink({ apiKey: "0".repeat(32) }),
    onError: ({ message }) => errors.push(message),
  });
  await expect(metrics.start()).rejects.toThrow(/install one from 1\.20\.0 on, below 2\.0\.0/);
  metrics.count("orders");
  expect(await metrics.close({ timeoutMs: 1_000 })).toMatchObject({ ok: false });
  expect(errors.join()).toContain("@datadog/datadog-api-client");
});
