import { once } from "node:events";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test, vi } from "vitest";
import { cert, key } from "../testing/certificate.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const { signal } = new AbortController();
const snapshots = exampleSnapshots({ series: [{ name: "a" }] });

// This test is the first, since the others load the SDK.
test("the SDK is loaded by open() and not before", async () => {
  const { cache } = createRequire(import.meta.url);
  const isLoaded = (): boolean => Object.keys(cache).some((path) => path.includes("@aws-sdk"));
  const { CloudWatchSink } = await import("../index.ts");
  const sink = new CloudWatchSink({ region, credentials });
  expect(isLoaded()).toBe(false);
  await sink.open();
  expect(isLoaded()).toBe(true);
  await sink.close();
});

test("a self-signed certificate is refused, and accepted with verifyTls: false", async () => {
  const { CloudWatchSink } = await import("../index.ts");
  let requests = 0;
  const server = createServer({ cert, key }, (request, response) => {
    requests++;
    request.resume();
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const options = { endpoint: `https://127.0.0.1:${address.port}`, region, credentials };
  try {
    const { retry, uncertain, cause } = await new CloudWatchSink(options).export(snapshots, {
      signal,
    });
    expect([retry, uncertain, requests]).toEqual([snapshots, [], 0]);
    expect(String(cause)).toContain("self-signed certificate");
    const lax = new CloudWatchSink({ ...options, verifyTls: false });
    expect(await lax.export(snapshots, { signal })).toMatchObject({ retry: [], uncertain: [] });
    expect(requests).toBe(1);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("close() destroys the client that createClient made, and not the one passed as client", async () => {
  const { CloudWatchSink } = await import("../index.ts");
  const { CloudWatchClient } = await import("@aws-sdk/client-cloudwatch");
  await using intake = await startIntakeServer({ script: { body: "{}" } });
  const options = { endpoint: intake.url, region, credentials, maxAttempts: 1 };
  const client = new CloudWatchClient(options);
  const destroy = vi.spyOn(client, "destroy");
  const destroyed: number[] = [];
  for (const option of [{ client }, { createClient: async () => client }]) {
    const sink = new CloudWatchSink(option);
    await sink.open();
    await sink.export(snapshots, { signal });
    await sink.close();
    destroyed.push(destroy.mock.calls.length);
  }
  expect(destroyed).toEqual([0, 1]);
  expect(intake.accepted).toHaveLength(2);
});

test("exports share a connection, which close() ends", async () => {
  const { CloudWatchSink } = await import("../index.ts");
  const ports = new Set<number | undefined>();
  let open = 0;
  const server = createPlainServer((request, response) => {
    ports.add(request.socket.remotePort);
    request.resume();
    response.end("{}");
  }).listen(0, "127.0.0.1");
  server.on("connection", (socket) => {
    open++;
    socket.on("close", () => open--);
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const endpoint = `http://127.0.0.1:${address.port}`;
  const sink = new CloudWatchSink({ endpoint, region, credentials });
  try {
    for (let i = 0; i < 3; i++) await sink.export(snapshots, { signal });
    expect([ports.size, open]).toEqual([1, 1]);
    await sink.close();
    await expect.poll(() => open).toBe(0);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
