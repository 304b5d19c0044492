import http from "node:http";
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
