import { once } from "node:events";
import { refusedUrl, startIntakeServer } from "@aiokpl/sink-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { SERVICE_FILES } from "./services.ts";
import { VENDORS } from "./vendors.ts";

const SERVICES = ["fastify", "express"] as const;
const DATADOG = "@aiokpl/sink-datadog";
const OTEL = "@aiokpl/sink-otel";
const KEY = "0123456789abcdef0123456789abcdef";
const nameOf = (sink: string): string => sink.replace(/.*\//, "");

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  for (const { sink } of VENDORS)
    for (const [file, text] of Object.entries(SERVICE_FILES))
      await consumer.write(`${nameOf(sink)}/${file}`, text.replace("@aiokpl/sink", sink));
});
afterAll(() => consumer[Symbol.asyncDispose]());

/** What a service printed, and how it ended. */
interface Visit {
  readonly printed: string;
  readonly signal: unknown;
  /** Milliseconds from the first order to the first line that matches; undefined where none did. */
  readonly toldAfterMs: number | undefined;
}

/** Starts a service, places an order, waits for a line that matches, or three windows, and stops it. */
async function visit(
  sink: string,
  service: string,
  env: Readonly<Record<string, string>>,
  line: RegExp,
): Promise<Visit> {
  const child = consumer.start([`${nameOf(sink)}/${service}.mjs`], env);
  const closed = once(child, "close");
  let printed = "";
  const until = async (pattern: RegExp, limitMs: number): Promise<number | undefined> => {
    const start = performance.now();
    while (performance.now() - start < limitMs && child.exitCode === null) {
      if (pattern.test(printed)) return performance.now() - start;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return undefined;
  };
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await until(/listening on \S+\n/, 30_000);
  const [, url = ""] = /listening on (\S+)\n/.exec(printed) ?? [];
  const response = await fetch(`${url}/orders/PT`, { method: "POST" });
  expect(await response.json(), printed).toEqual({ placed: true });
  const toldAfterMs = await until(line, 15_000);
  child.kill("SIGTERM");
  const [, signal] = await closed;
  return { printed, signal, toldAfterMs };
}

test("the services' own test passes", async () => {
  const { stdout } = await consumer.run(process.execPath, [
    "--test",
    `${nameOf(DATADOG)}/orders.test.mjs`,
  ]);
  expect(stdout).toMatch(/pass 1\n/);
});

describe.each(SERVICES)("a service with %s", (service) => {
  test.each(VENDORS)("delivers to $sink when it is stopped", async ({ sink, listen }) => {
    await using end = await listen();
    const { printed, signal } = await visit(sink, service, end.env, /listening/);
    expect(printed).toContain("metrics delivered");
    expect(printed).not.toContain('sink "');
    expect(signal).toBe("SIGTERM");
  });

  test.each([
    { sink: DATADOG, variable: "DD_URL", hint: /404 Not Found.*check site and baseUrl/ },
    {
      sink: OTEL,
      variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
      hint: /404 Not Found.*check the exporter's URL/,
    },
  ])(
    "says within two seconds that the endpoint of $sink is wrong",
    async ({ sink, variable, hint }) => {
      await using intake = await startIntakeServer({ script: { status: 404, body: "not found" } });
      const env = { DD_API_KEY: KEY, [variable]: intake.url };
      const { printed, toldAfterMs } = await visit(sink, service, env, hint);
      expect(toldAfterMs, printed).toBeLessThan(2_000);
      expect(printed).toMatch(/undelivered.*404 Not Found/);
    },
  );

  test.each([
    { sink: DATADOG, variable: "DD_URL", hint: /403 Forbidden.*check that apiKey/ },
    {
      sink: OTEL,
      variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
      hint: /403 Forbidden.*check the exporter's headers/,
    },
  ])("says within two seconds that $sink refuses the key", async ({ sink, variable, hint }) => {
    await using intake = await startIntakeServer({ script: { status: 403, body: "{}" } });
    const env = { DD_API_KEY: KEY, [variable]: intake.url };
    const { printed, toldAfterMs } = await visit(sink, service, env, hint);
    expect(toldAfterMs, printed).toBeLessThan(2_000);
  });

  test("says at once that Datadog's key is missing", async () => {
    const { printed, toldAfterMs } = await visit(
      DATADOG,
      service,
      {},
      /DD_API_KEY is not set: set it/,
    );
    expect(toldAfterMs, printed).toBeLessThan(2_000);
  });

  test("says within two seconds that Datadog does not answer", async () => {
    const env = { DD_API_KEY: KEY, DD_URL: await refusedUrl() };
    const { printed, toldAfterMs } = await visit(DATADOG, service, env, /ECONNREFUSED/);
    expect(toldAfterMs, printed).toBeLessThan(2_000);
    expect(printed).toMatch(/undelivered.*ECONNREFUSED/);
  });

  // The exporter of OpenTelemetry repeats its own attempts for ten seconds before it says why.
  test("says that an OTLP endpoint does not answer", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: await refusedUrl() };
    const { printed, toldAfterMs } = await visit(OTEL, service, env, /ECONNREFUSED/);
    expect(toldAfterMs, printed).toBeDefined();
    expect(printed).toMatch(/undelivered.*ECONNREFUSED/);
  });
});
