import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cert, key } from "./testing/certificate.ts";

/** Stands for Datadog, with a certificate that only NODE_EXTRA_CA_CERTS makes trusted. */
const datadog = createTlsServer({ cert, key }, (request, response) => {
  requests.push(request.headers.host ?? "");
  request.resume();
  request.on("end", () => response.writeHead(202).end('{"status":"ok"}'));
});
/** Connects every tunnel to `datadog`, whatever address it is asked for. */
const proxy = createServer((_, response) => response.writeHead(400).end());
proxy.on("connect", (request, socket, head) => {
  tunnels.push(request.url ?? "");
  const upstream = connect(portOf(datadog), "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on("error", () => socket.destroy());
  socket.on("error", () => upstream.destroy());
});

let requests: string[];
let tunnels: string[];
let folder: string;
beforeEach(async () => {
  requests = [];
  tunnels = [];
  folder = await mkdtemp(join(tmpdir(), "proxy-"));
  await writeFile(join(folder, "ca.pem"), cert);
  for (const server of [datadog, proxy]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
});
afterEach(async () => {
  for (const server of [datadog, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true });
});

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

/** Sends one count from a new process, and returns what the manager says of it. */
async function sentTo(baseUrl: string, env: NodeJS.ProcessEnv): Promise<string> {
  const source = `
    import { MetricsManager } from "@aiokpl/metrics-core";
    import { DatadogSink } from ${JSON.stringify(new URL("datadog-sink.ts", import.meta.url).href)};
    const sink = new DatadogSink({ apiKey: "${"0".repeat(32)}", baseUrl: "${baseUrl}" });
    const metrics = new MetricsManager({ sink, onError: ({ message }) => console.log(message) });
    metrics.count("orders");
    const { ok } = await metrics.flush({ timeoutMs: 20_000 });
    await metrics.close({ timeoutMs: 0 });
    console.log(ok ? "delivered" : "not delivered");`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", source],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), env: { ...process.env, ...env } },
  );
  return stdout;
}

test("requests go through the proxy that Node is told to use, and its extra certificates are trusted", async () => {
  const said = await sentTo("https://api.datadog.test", {
    NODE_USE_ENV_PROXY: "1",
    HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
    NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
  });
  expect(said).toBe("delivered\n");
  expect(tunnels).toEqual(["api.datadog.test:443"]);
  expect(requests).toEqual(["api.datadog.test"]);
});

test("an address that NO_PROXY names is reached without the proxy", async () => {
  const address = `localhost:${portOf(datadog)}`;
  const said = await sentTo(`https://${address}`, {
    NODE_USE_ENV_PROXY: "1",
    HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
    NO_PROXY: "localhost",
    NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
  });
  expect(said).toBe("delivered\n");
  expect([tunnels, requests]).toEqual([[], [address]]);
});

test("a certificate that nobody vouches for is not trusted, and the error says so", async () => {
  const said = await sentTo(`https://localhost:${portOf(datadog)}`, {});
  expect(said).toContain("not delivered");
  expect(said).toMatch(/self-signed certificate/);
  expect(requests).toEqual([]);
});
