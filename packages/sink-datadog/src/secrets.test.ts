import { inspect } from "node:util";
import { MetricsManager } from "@aiokpl/metrics-core";
import { type IntakeAnswer, startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { DatadogSink } from "./datadog-sink.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
const echoes = [apiKey, apiKey.toUpperCase(), Buffer.from(`key=${apiKey}`).toString("base64")];

const answers: Readonly<Record<string, (echo: string) => IntakeAnswer>> = {
  "the body of a refusal": (echo) => ({ status: 403, body: `{"errors":["${echo}"]}` }),
  "the reason of a rejection": (echo) => ({ status: 400, body: echo }),
  "the errors of what was taken": (echo) => ({ status: 202, body: `{"errors":["${echo}"]}` }),
  "a page": (echo) => ({ status: 200, body: `<html>${echo}` }),
  "a status line": (echo) => ({ garbage: `HTTP/1.1 403 ${echo}\r\ncontent-length: 0\r\n\r\n` }),
  "what is not HTTP": (echo) => ({ garbage: `${echo}\r\n\r\n` }),
  "a broken header": (echo) => ({ garbage: `HTTP/1.1 202 OK\r\n${echo}\u0000: x\r\n\r\n` }),
  "an answer that is cut off": (echo) => ({ status: 403, body: echo.repeat(9), truncate: 200 }),
};

test.each(Object.keys(answers))(
  "a key that is repeated in %s is in no error, result, warning or statistic",
  async (name) => {
    for (const echo of echoes) {
      await using intake = await startIntakeServer({ script: answers[name]?.(echo) });
      const told: unknown[] = [];
      const tell = (each: unknown): void => void told.push(each);
      const sink = new DatadogSink({ apiKey, baseUrl: intake.url, onWarning: tell });
      const metrics = new MetricsManager({ sink, onError: tell });
      metrics.count("orders");
      const result = await metrics.flush();
      const all = [told, result, metrics.stats(), sink, metrics];
      const shown = inspect(all, { showHidden: true, depth: Infinity, maxStringLength: Infinity });
      for (const each of [...echoes, echo.slice(4, 24)]) expect(shown).not.toContain(each);
      expect(JSON.stringify(all)).not.toContain(echo);
      expect(told.length).toBeGreaterThan(0);
      await metrics.close({ timeoutMs: 0 });
    }
  },
);

test("what Datadog says is shown without control characters, cut, and at most 20 errors of an answer", async () => {
  const errors = Array.from(
    { length: 500 },
    (_, i) => `\u001b[31m${i}\r\nforged ${"x".repeat(900)}`,
  );
  const script = { status: 202, body: JSON.stringify({ errors: errors.slice(0, 60) }) };
  await using intake = await startIntakeServer({ script });
  const warnings: string[] = [];
  const sink = new DatadogSink({
    apiKey,
    baseUrl: intake.url,
    onWarning: (message) => warnings.push(message),
  });
  const metrics = new MetricsManager({ sink, onError: () => {} });
  for (let i = 0; i < 3; i++) {
    metrics.count("orders");
    await metrics.flush();
  }
  expect(warnings).toHaveLength(20);
  for (const each of warnings) expect(each).toMatch(/^[ -~]{1,600}…$/);
  for (let i = 0; i < 20; i++) {
    intake.respondWith({
      status: 202,
      body: JSON.stringify({ errors: errors.slice(i * 20, i * 20 + 20) }),
    });
    metrics.count("orders");
    await metrics.flush();
  }
  expect(warnings).toHaveLength(101);
  await metrics.close();
});

test("202 with a list of errors that is longer than is read is taken", async () => {
  const script = { status: 202, body: JSON.stringify({ errors: ["x".repeat(100_000)] }) };
  await using intake = await startIntakeServer({ script });
  const metrics = new MetricsManager({
    sink: new DatadogSink({ apiKey, baseUrl: intake.url, onWarning: () => {} }),
  });
  metrics.count("orders");
  expect(await metrics.close()).toMatchObject({ ok: true, delivered: 1 });
});
