import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { cert, key } from "../testing/certificate.ts";

/** What came to the proxy. */
const proxied: string[] = [];
let direct = 0;
let proxy: Server;
let cloudWatch: Server;
let folder: string;
let ca: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "proxy-"));
  ca = join(folder, "ca.pem");
  await writeFile(ca, cert);
  cloudWatch = createTlsServer({ cert, key }, (request, response) => {
    direct++;
    request.resume();
    response.end("{}");
  }).listen(0, "127.0.0.1");
  proxy = createServer((request, response) => {
    proxied.push(`${request.method} ${request.url}`);
    request.resume();
    response.end("{}");
  }).listen(0, "127.0.0.1");
  proxy.on("connect", (request, socket) => {
    proxied.push(`${request.method} ${request.url}`);
    if (request.headers["proxy-authorization"] !== undefined) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    const [host, port] = String(request.url).split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const each of [onward, socket]) each.on("error", () => {});
  });
  await Promise.all([once(cloudWatch, "listening"), once(proxy, "listening")]);
});
beforeEach(() => {
  proxied.length = 0;
  direct = 0;
});
afterAll(async () => {
  for (const server of [proxy, cloudWatch]) {
    server.close();
    server.closeAllConnections();
  }
  await rm(folder, { recursive: true });
});

const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

/**
 * What a program of its own prints, which exports one snapshot: Node reads these variables when it starts.
 *
 * @param first what the program does before it makes the sink
 */
async function exportIn(
  environment: Readonly<Record<string, string>>,
  endpoint: string,
  first = "",
): Promise<string> {
  const program = `
    import { CloudWatchSink } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
    import { exampleSnapshots } from ${JSON.stringify(import.meta.resolve("@aiokpl/sink-testkit"))};
    ${first}
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const sink = new CloudWatchSink({ endpoint: ${JSON.stringify(endpoint)}, region: "eu-west-1", credentials });
    const { signal } = new AbortController();
    const { cause } = await sink.export(exampleSnapshots({ series: [{ name: "a" }] }), { signal });
    console.log(cause === undefined ? "delivered" : (await import("node:util")).inspect(cause, { depth: 9 }));
    await sink.close();
  `;
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { PATH, AWS_CONFIG_FILE: "/dev/null", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (part: Buffer) => (printed += part));
  await once(child, "close");
  return printed.trim();
}

test("HTTPS_PROXY is used where Node was told to, together with a certificate of NODE_EXTRA_CA_CERTS", async () => {
  const environment = {
    NODE_USE_ENV_PROXY: "1",
    HTTPS_PROXY: `http://${addressOf(proxy)}`,
    NODE_EXTRA_CA_CERTS: ca,
  };
  const endpoint = `https://${addressOf(cloudWatch)}`;
  expect(await exportIn(environment, endpoint)).toBe("delivered");
  expect([proxied, direct]).toEqual([[`CONNECT ${addressOf(cloudWatch)}`], 1]);
});

test("the proxy looks up the endpoint's name, which this machine may not know", async () => {
  const environment = { NODE_USE_ENV_PROXY: "1", http_proxy: `http://${addressOf(proxy)}` };
  expect(await exportIn(environment, "http://cloudwatch.invalid")).toBe("delivered");
  expect(proxied).toEqual(["POST http://cloudwatch.invalid/"]);
});

test("the proxy is used that the program has set after it had loaded the sink", async () => {
  const environment = { http_proxy: `http://${addressOf(proxy)}` };
  const first = `process.getBuiltinModule("node:http").setGlobalProxyFromEnv();`;
  expect(await exportIn(environment, "http://cloudwatch.invalid", first)).toBe("delivered");
  expect(proxied).toEqual(["POST http://cloudwatch.invalid/"]);
});

test.each([
  ["NO_PROXY has the endpoint", { NODE_USE_ENV_PROXY: "1", NO_PROXY: "127.0.0.1" }],
  ["Node was not told to use it", {}],
])("no proxy is used where %s", async (_, more) => {
  const proxyUrl = `http://${addressOf(proxy)}`;
  const environment = { HTTPS_PROXY: proxyUrl, NODE_EXTRA_CA_CERTS: ca, ...more };
  expect(await exportIn(environment, `https://${addressOf(cloudWatch)}`)).toBe("delivered");
  expect([proxied, direct]).toEqual([[], 1]);
});

test("a proxy's refusal is reported without the proxy's password", async () => {
  const environment = {
    NODE_USE_ENV_PROXY: "1",
    HTTPS_PROXY: `http://someone:hunter2@${addressOf(proxy)}`,
    NODE_EXTRA_CA_CERTS: ca,
  };
  const printed = await exportIn(environment, `https://${addressOf(cloudWatch)}`);
  expect(printed).toContain("407");
  expect(printed).not.toContain("hunter2");
  expect(printed).not.toContain(Buffer.from("someone:hunter2").toString("base64"));
  expect(direct).toBe(0);
});
