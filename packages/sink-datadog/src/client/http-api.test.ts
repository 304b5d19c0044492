import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { maskSecrets } from "@aiokpl/metrics-core/sink";
import { type IntakeAnswer, refusedUrl, startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { RefusedError, UnansweredError } from "./failure.ts";
import { post, type Taken } from "./http-api.ts";

const apiKey = "0123456789abcdef0123456789abcdef";
const limits = {
  mask: maskSecrets([apiKey]),
  maxBytes: 1_000,
  maxCompressedBytes: 1_000,
  timeoutMs: 200,
};

/** For answers that come by themselves, also on a busy machine. */
const LONG_ENOUGH_MS = 10_000;

const { signal } = new AbortController();

function postTo(url: string, timeoutMs = limits.timeoutMs): Promise<Taken> {
  return post(
    {
      getUrl: () => `${url}/datadog/api/v1/series`,
      getHttpMethod: () => "POST",
      getHeaders: () => ({ "Content-Encoding": "deflate", "DD-API-KEY": apiKey }),
    },
    new TextEncoder().encode('{"series":[]}'),
    { limits: { ...limits, timeoutMs }, signal },
  );
}

async function errorOf(
  answer: IntakeAnswer,
  timeoutMs?: number,
): Promise<{ error: unknown; address: string }> {
  await using intake = await startIntakeServer({ script: answer });
  const address = `${intake.url}/datadog/api/v1/series`;
  const error = await postTo(intake.url, timeoutMs).catch((thrown: unknown) => thrown);
  return { error, address };
}

test.each<[string, IntakeAnswer, string]>([
  ["a redirect", { status: 301, headers: { location: "/login" } }, "301 Moved Permanently"],
  ["an empty 408", { status: 408 }, "408 Request Timeout: no reason given"],
  ["an empty 503", { status: 503 }, "503 Service Unavailable: no reason given"],
  ["a proxy's page", { status: 502, body: "<html>Bad gateway" }, "502 Bad Gateway: <html>Bad"],
  [
    "a refusal cut off in its body",
    { status: 429, body: '{"errors":["later"]}', truncate: 5 },
    "429, and did not finish its answer",
  ],
  [
    "a refusal that is reset after its head",
    { status: 400, body: '{"errors":["no"]}', reset: "after-headers" },
    "400, and did not finish its answer",
  ],
])("%s is a refusal that names status and address", async (_, answer, text) => {
  const { error, address } = await errorOf(answer, LONG_ENOUGH_MS);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ status: answer.status });
  expect(String(error)).toContain(`${address} answered ${text}`);
});

test("a refusal that is cut off still says how long to wait", async () => {
  const { error } = await errorOf({
    status: 429,
    headers: { "retry-after": "7" },
    body: "later",
    truncate: 2,
  });
  expect(error).toMatchObject({ status: 429, retryAfterMs: 7_000 });
});

test.each<[string, IntakeAnswer, string]>([
  ["a page with status 200", { status: 200, body: "<html>Log in" }, "200 with something"],
  ["JSON that is no object", { status: 200, body: "null" }, "200 with something"],
  ["a JSON list", { status: 200, body: "[]" }, "200 with something"],
  [
    "an answer cut off in its body",
    { status: 202, body: '{"status":"ok"}', truncate: 5 },
    "202, and did not finish its answer",
  ],
])(
  "%s leaves the outcome unknown, and the error names status and address",
  async (_, answer, text) => {
    const { error, address } = await errorOf(answer);
    expect(error).toBeInstanceOf(UnansweredError);
    expect(error).toMatchObject({ wasSent: true });
    expect(String(error)).toContain(`${address} answered ${text}`);
  },
);

test("no answer in time: the error names the address and the limit", async () => {
  const { error, address } = await errorOf({ hang: true }, 200);
  expect(error).toMatchObject({ wasSent: true });
  expect(String(error)).toContain(`${address} did not answer within 200 ms`);
});

test("a refused connection: the error names the address and says that nothing was sent", async () => {
  const url = await refusedUrl();
  const error: unknown = await postTo(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ wasSent: false });
  expect(String(error)).toContain(`${url}/datadog/api/v1/series did not answer: `);
  expect(String(error)).toContain("ECONNREFUSED");
});

test("an agent that Node refuses: the error names the address and says that nothing was sent", async () => {
  const before = http.globalAgent;
  http.globalAgent = new https.Agent();
  const error: unknown = await postTo("http://127.0.0.1:9").catch((thrown: unknown) => thrown);
  http.globalAgent = before;
  expect(error).toBeInstanceOf(UnansweredError);
  expect(error).toMatchObject({ wasSent: false });
  expect(String(error)).toContain("/series could not be asked: ");
});

test("no connection in time: the error says so, and that nothing was sent", async () => {
  const before = http.globalAgent;
  // No address is ever found.
  http.globalAgent = new http.Agent({ lookup: () => {} });
  const error: unknown = await postTo("http://nobody.localhost").catch((thrown: unknown) => thrown);
  http.globalAgent = before;
  expect(error).toMatchObject({ wasSent: false });
  expect(String(error)).toContain("/series could not be connected to within 200 ms");
});

test.each<[string, (socket: Socket) => void]>([
  ["could not be connected to within 200 ms", () => {}],
  ["did not answer: ", (socket) => socket.end("no TLS")],
])("without a handshake over TLS, nothing was sent, and it %s", async (text, connected) => {
  const { port, close } = await serve(connected);
  const url = `https://127.0.0.1:${port}`;
  const error: unknown = await postTo(url).catch((thrown: unknown) => thrown);
  close();
  expect(error).toMatchObject({ wasSent: false });
  expect(String(error)).toContain(`/series ${text}`);
});

/** Listens for connections. */
async function serve(
  connected: (socket: Socket) => void,
): Promise<{ port: number; close: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    connected(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** The error where a request is answered with this, and when its connection was closed. */
async function errorOfText(answer: string): Promise<{ error: unknown; closed: Promise<void> }> {
  let ended = (): void => {};
  const closed = new Promise<void>((resolve) => (ended = resolve));
  const { port, close } = await serve((socket) => {
    socket.on("close", ended);
    socket.once("data", () => socket.write(answer));
  });
  // So that no time limit ends the connection.
  const error: unknown = await postTo(`http://127.0.0.1:${port}`, 600_000).catch(
    (thrown: unknown) => thrown,
  );
  void closed.then(close);
  return { error, closed };
}

test("an answer that changes the protocol leaves the outcome unknown", async () => {
  const answer =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";
  const { error, closed } = await errorOfText(answer);
  expect(error).toMatchObject({ wasSent: true });
  expect(String(error)).toContain("closed without an answer");
  await closed;
});

test("an answer that can't be decompressed ends its connection", async () => {
  const { error, closed } = await errorOfText(
    "HTTP/1.1 202 Accepted\r\ncontent-encoding: gzip\r\n\r\nno gzip",
  );
  expect(error).toMatchObject({ wasSent: true });
  await closed;
});

test("an answer without a body is taken, also where it is said to be compressed", async () => {
  const headers = { "content-encoding": "gzip" };
  await using intake = await startIntakeServer({ script: { status: 202, headers } });
  expect(await postTo(intake.url, LONG_ENOUGH_MS)).toMatchObject({ errors: [] });
});

test.each(["", '{"status":"ok"}', '{"errors":[]}'])(
  "202 with the body %j is taken",
  async (body) => {
    await using intake = await startIntakeServer({ script: { status: 202, body } });
    expect(await postTo(intake.url)).toMatchObject({ errors: [] });
  },
);

test("requests go through the agent that the program has set, and share a connection", async () => {
  await using intake = await startIntakeServer({ script: { status: 202, body: "{}" } });
  const own = new http.Agent({ keepAlive: true });
  const before = http.globalAgent;
  let connections = 0;
  const connect = own.createConnection.bind(own);
  own.createConnection = (...args) => {
    connections++;
    return connect(...args);
  };
  http.globalAgent = own;
  try {
    for (let i = 0; i < 3; i++) await postTo(intake.url, LONG_ENOUGH_MS);
  } finally {
    http.globalAgent = before;
    own.destroy();
  }
  expect(connections).toBe(1);
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
])("an answer with %s, which was not asked for, is read", async (encoding, compress) => {
  const body = compress('{"errors":["too late"]}');
  const headers = { "content-encoding": encoding };
  await using intake = await startIntakeServer({ script: { status: 202, headers, body } });
  expect(await postTo(intake.url, LONG_ENOUGH_MS)).toMatchObject({ errors: ["too late"] });
});
