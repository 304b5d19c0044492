import { MetricsManager, type SinkHost } from "@aiokpl/metrics-core";
import { exampleSnapshots } from "@aiokpl/sink-testkit";
import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { createSink } from "./create-sink.ts";
import { PrometheusSink } from "./prometheus-sink.ts";
import type { PrometheusSinkOptions } from "./prometheus-sink-options.ts";
import type { ScrapeResponse } from "./serving/scrape-handler.ts";
import { valuesOf } from "./testing/parsed-text.ts";

const never = new AbortController().signal;

const noHost: SinkHost = {
  snapshots: () => [],
  series: () => [],
  now: Date.now,
  exportIntervalMs: 60_000,
};

const opened: PrometheusSink[] = [];
afterEach(async () => {
  for (const sink of opened.splice(0)) await sink.close({ signal: AbortSignal.abort() });
  vi.unstubAllEnvs();
});

async function open(options: PrometheusSinkOptions = {}) {
  const warnings: string[] = [];
  const sink = new PrometheusSink({
    port: 0,
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  opened.push(sink);
  await sink.open(noHost);
  sink.prepare(exampleSnapshots({ series: [{ name: "orders", values: [2] }] }));
  return { sink, warnings, url: `http://127.0.0.1:${sink.port}/metrics` };
}

/** Makes a request with headers that fetch() does not allow, and returns the answer's status and body. */
async function get(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }> {
  const sent = request(url, { agent: false, ...options }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

test("it serves the metrics at its path, whatever the query", async () => {
  const { url } = await open();
  for (const each of [url, `${url}?a=b`]) {
    const { status, headers, body } = await get(each);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "content-length": `${body.length}`,
      "cache-control": "no-store",
      vary: "accept, accept-encoding",
    });
    expect(body.toString()).toContain("orders_total 2\n");
  }
});

test("it compresses the page for those who take gzip", async () => {
  const { url } = await open();
  const plain = await get(url);
  const { headers, body } = await get(url, { headers: { "accept-encoding": "gzip" } });
  expect(headers).toMatchObject({ "content-encoding": "gzip", "content-length": `${body.length}` });
  expect(gunzipSync(body)).toEqual(plain.body);
});

test("another path is not found, another method not allowed, and another format not acceptable", async () => {
  const { url } = await open({ path: "/m" });
  const own = url.replace("/metrics", "/m");
  expect(await get(url)).toMatchObject({ status: 404 });
  expect(await get(own, { method: "POST" })).toMatchObject({
    status: 405,
    headers: { allow: "GET, HEAD" },
  });
  expect(await get(own, { headers: { accept: "text/plain;q=0" } })).toMatchObject({ status: 406 });
  const head = await get(own, { method: "HEAD" });
  expect(head).toMatchObject({
    status: 200,
    headers: { "content-type": expect.stringContaining("text/plain") },
  });
  expect(head.body).toHaveLength(0);
});

test.each([
  ["127.0.0.1:9464", 200],
  ["localhost", 200],
  ["[::1]:80", 200],
  ["rebound.example.com", 403],
  ["127.0.0.1.example.com:9464", 403],
  ["10.0.0.7", 403],
])("on loopback, a request to the host %s gets %i", async (host, status) => {
  const { url } = await open();
  expect(await get(url, { headers: { host } })).toMatchObject({ status });
});

test("on another address, any name leads to it", async () => {
  const { url } = await open({ host: "0.0.0.0" });
  expect(await get(url, { headers: { host: "shop.example.com" } })).toMatchObject({ status: 200 });
});

test("past the limit of requests at a time, others get 503 until one is done", async () => {
  const { sink } = await open({ maxScrapes: 1 });
  const requests = [1, 2].map(() => sink.fetch(new Request("http://localhost/metrics")));
  expect((await Promise.all(requests)).map(({ status }) => status)).toEqual([200, 503]);
  expect((await sink.fetch(new Request("http://localhost/metrics"))).status).toBe(200);
});

test("fetch() and handler give the same page as the sink's own server", async () => {
  const { sink, url } = await open();
  const accept = "application/openmetrics-text;version=1.0.0";
  const served = await get(url, { headers: { accept } });
  const fetched = await sink.fetch(new Request(url, { headers: { accept } }));
  expect(fetched.headers.get("content-type")).toBe(served.headers["content-type"]);
  expect(Buffer.from(await fetched.arrayBuffer())).toEqual(served.body);
  const { contentType, body } = await sink.render(accept);
  expect(contentType).toBe(served.headers["content-type"]);
  expect(Buffer.from(body)).toEqual(served.body);
});

test("a scraper that does not read its answer is cut off when it says that it does not wait any longer", async () => {
  const { sink } = await open();
  let close: () => void = () => {};
  const destroyed = new Promise<void>((resolve) => {
    const response: ScrapeResponse = {
      writableFinished: false,
      writeHead: () => {},
      write: () => true,
      end: () => {},
      on: (event, listener) => {
        if (event === "close") close = listener;
      },
      destroy: () => (close(), resolve()),
    };
    const headers = { "x-prometheus-scrape-timeout-seconds": "0.01" };
    void sink.handler({ method: "GET", headers }, response);
  });
  await destroyed;
  expect((await sink.fetch(new Request("http://localhost/metrics"))).status).toBe(200);
});

test("scrapers that disconnect at once do no harm", async () => {
  const { sink, url } = await open({ maxScrapes: 3 });
  for (let i = 0; i < 20; i++) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
    socket.destroy();
  }
  let status: number | undefined;
  while (status !== 200) ({ status } = await get(url));
  expect(sink.port).toBeDefined();
});

test("a connection that is gone before its answer is written to gets none", async () => {
  const { sink } = await open();
  const written: string[] = [];
  let close: () => void = () => {};
  const response: ScrapeResponse = {
    writableFinished: false,
    writeHead: () => written.push("head"),
    write: () => written.push("chunk"),
    end: () => written.push("end"),
    on: (event, listener) => {
      if (event === "close") close = listener;
    },
    destroy: () => {},
  };
  const handled = sink.handler({ method: "GET", headers: {} }, response);
  close();
  await handled;
  expect(written).toEqual([]);
});

test("a taken port is an error of open(), which works once the port is free", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const sink = new PrometheusSink({ port });
  opened.push(sink);
  await expect(sink.open(noHost)).rejects.toThrow(
    `can't listen on port ${port} of 127.0.0.1: the port is taken`,
  );
  taken.close();
  await once(taken, "close");
  await sink.open(noHost);
  expect(await get(`http://127.0.0.1:${port}/metrics`)).toMatchObject({ status: 200 });
});

test("inside Kubernetes, it says once that nobody reaches loopback", async () => {
  vi.stubEnv("KUBERNETES_SERVICE_HOST", "10.0.0.1");
  const { sink, warnings } = await open();
  await sink.open(noHost);
  expect(warnings).toEqual([expect.stringContaining("no Prometheus outside of this pod")]);
  expect((await open({ host: "0.0.0.0" })).warnings).toEqual([]);
});

test("close() ends idle connections, and nothing listens any more", async () => {
  const { sink, url } = await open();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(socket, "data");
  socket.resume();
  await sink.close({ signal: never });
  await once(socket, "close");
  expect(sink.port).toBeUndefined();
  await expect(get(url)).rejects.toThrow("ECONNREFUSED");
});

test("close() waits for a last scrape of a Prometheus server, which has what came after the one before", async () => {
  const sink = new PrometheusSink({ port: 0, lastScrapeMs: 60_000 });
  opened.push(sink);
  const metrics = new MetricsManager({ sink });
  await metrics.start();
  const url = `http://127.0.0.1:${sink.port}/metrics`;
  const scrape = async (): Promise<number | undefined> => {
    const { body } = await get(url, { headers: { "x-prometheus-scrape-timeout-seconds": "10" } });
    return valuesOf(body.toString()).get("orders_total{}");
  };
  metrics.count("orders", 1);
  expect(await scrape()).toBe(1);
  metrics.count("orders", 1);
  const closed = metrics.close({ timeoutMs: 60_000 });
  await get(url); // a person's browser, which is not waited for
  expect(sink.port).toBeDefined();
  expect(await scrape()).toBe(2);
  expect(await closed).toMatchObject({ ok: true });
  expect(sink.port).toBeUndefined();
});

test("close() waits no longer than its signal, and not at all by default", async () => {
  const { sink } = await open({ lastScrapeMs: 60_000 });
  const deadline = new AbortController();
  await sink.fetch(
    new Request("http://localhost", { headers: { "x-prometheus-scrape-timeout-seconds": "10" } }),
  );
  const closed = sink.close({ signal: deadline.signal });
  deadline.abort();
  await closed;
  await (await open()).sink.close({ signal: never });
});

test("a process that ends before its first scrape waits for that", async () => {
  vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
  vi.stubEnv("AIOKPL_PROMETHEUS_LAST_SCRAPE_MS", "60000");
  const sink = createSink();
  if (!(sink instanceof PrometheusSink)) throw new Error("another sink");
  opened.push(sink);
  const metrics = new MetricsManager({ sink });
  await metrics.start();
  metrics.count("jobs");
  const closed = metrics.close({ timeoutMs: 60_000 });
  const headers = { "x-prometheus-scrape-timeout-seconds": "10" };
  const { body } = await get(`http://127.0.0.1:${sink.port}/metrics`, { headers });
  expect(body.toString()).toContain("jobs_total 1");
  expect(await closed).toMatchObject({ ok: true });
});

test("createSink() reads OpenTelemetry's variables, and open() says what is wrong with them", async () => {
  vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1");
  vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
  const sink = createSink({ namespace: "shop" });
  if (!(sink instanceof PrometheusSink)) throw new Error("another sink");
  opened.push(sink);
  await sink.open(noHost);
  sink.prepare(exampleSnapshots({ series: [{ name: "orders" }] }));
  const { body } = await get(`http://127.0.0.1:${sink.port}/metrics`);
  expect(body.toString()).toContain("shop_orders_total");
  vi.stubEnv("OTEL_EXPORTER_PROMETHEUS_PORT", "http");
  await expect(createSink().open?.(noHost)).rejects.toMatchObject({
    message: expect.stringContaining("OTEL_EXPORTER_PROMETHEUS_PORT"),
    retryable: false,
  });
});
