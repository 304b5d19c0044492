import { Agent, request as httpRequest } from "node:http";
import * as zlib from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { IntakeAnswer } from "./intake-script.ts";
import { startIntakeServer } from "./intake-server.ts";
import type { IntakeServer, IntakeServerOptions } from "./intake-server.ts";
import { refusedUrl } from "./refused-url.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

type Post = (
  url: string,
  body?: string | Uint8Array,
  headers?: Record<string, string>,
  signal?: AbortSignal,
) => Promise<Reply>;

const withFetch: Post = async (url, body = "", headers = {}, signal) => {
  const init = { method: "POST", body: Buffer.from(body), headers };
  const response = await fetch(url, signal === undefined ? init : { ...init, signal });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
};

const withHttp: Post = (url, body = "", headers = {}, signal) =>
  new Promise((resolve, reject) => {
    const init = { method: "POST", headers, agent: new Agent({ keepAlive: false }) };
    const request = httpRequest(
      url,
      signal === undefined ? init : { ...init, signal },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });

const started: IntakeServer[] = [];

async function start(options?: IntakeServerOptions): Promise<IntakeServer> {
  const intake = await startIntakeServer(options);
  started.push(intake);
  return intake;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((intake) => intake.close()));
});

describe.each([
  ["fetch", withFetch],
  ["node:http", withHttp],
])("an intake asked by %s", (_client, post) => {
  it("answers 200 with nothing by default, and records the request", async () => {
    const intake = await start();
    const before = Date.now();
    expect(await post(`${intake.url}/api/v2/series?a=1`, "hello", { "x-key": "k" })).toMatchObject({
      status: 200,
      text: "",
    });
    expect(intake.requests).toHaveLength(1);
    expect(intake.requests[0]).toMatchObject({
      method: "POST",
      path: "/api/v2/series?a=1",
      text: "hello",
      outcome: "accepted",
    });
    expect(intake.requests[0]?.headers["x-key"]).toBe("k");
    expect(intake.requests[0]?.receivedAt).toBeGreaterThanOrEqual(before);
    expect(intake.accepted).toEqual(intake.requests);
  });

  it("sends status, headers and body", async () => {
    const intake = await start({
      script: { status: 429, headers: { "retry-after": "7" }, body: "slow down" },
    });
    const reply = await post(intake.url);
    expect(reply).toMatchObject({ status: 429, text: "slow down" });
    expect(reply.headers["retry-after"]).toBe("7");
    expect(intake.requests[0]?.outcome).toBe("refused");
    expect(intake.accepted).toEqual([]);
  });

  it("sends 204 without a body", async () => {
    const intake = await start({ script: { status: 204 } });
    expect(await post(intake.url)).toMatchObject({ status: 204, text: "" });
    expect(intake.accepted).toHaveLength(1);
  });

  it.each([
    ["gzip", zlib.gzipSync],
    ["deflate", zlib.deflateSync],
    ["deflate", zlib.deflateRawSync],
    ["br", zlib.brotliCompressSync],
    ["zstd", zlib.zstdCompressSync],
    ["zstd1", zlib.zstdCompressSync],
    ["gzip, br", (body: Buffer) => zlib.brotliCompressSync(zlib.gzipSync(body))],
  ])("decodes a body in %s (%o)", async (coding, encode) => {
    const intake = await start();
    const encoded = encode(Buffer.from("überall"));
    await post(intake.url, encoded, { "content-encoding": coding });
    const [request] = intake.requests;
    expect(request?.text).toBe("überall");
    expect(Buffer.from(request?.rawBody ?? []).equals(encoded)).toBe(true);
    expect(request?.decodeError).toBeUndefined();
  });

  it.each(["gzip", "deflate", "br", "zstd", "lzma"])(
    "says why a body can't be decoded as %s",
    async (coding) => {
      const intake = await start();
      await post(intake.url, "not encoded", { "content-encoding": coding });
      expect(intake.requests[0]?.text).toBe("not encoded");
      expect(intake.requests[0]?.decodeError).toMatch(/\w/);
    },
  );

  it.each<[string, IntakeAnswer]>([
    ["reset before the answer", { reset: "before" }],
    ["reset after the head", { reset: "after-headers", body: "0123456789" }],
    ["reset in the body", { reset: "mid-body", body: "0123456789" }],
    ["a body that is cut short", { truncate: 4, body: "0123456789" }],
    ["an empty body instead of a full one", { truncate: 0, body: "0123456789" }],
    ["garbage", { garbage: "\u0000\u0001 not http\r\n\r\n" }],
  ])(
    "makes the client fail with %s, and reports the outcome as unknown",
    async (_fault, answer) => {
      const intake = await start({ script: answer });
      await expect(post(intake.url, "x")).rejects.toThrow();
      expect(intake.requests).toHaveLength(1);
      expect(intake.requests[0]?.outcome).toBe("unknown");
      expect(intake.accepted).toEqual([]);
    },
  );

  it("hangs until the client leaves", async () => {
    const intake = await start({ script: { hang: true } });
    const abort = new AbortController();
    const posted = post(intake.url, "x", {}, abort.signal);
    const request = await intake.request(1);
    expect(request.outcome).toBe("pending");
    abort.abort();
    await expect(posted).rejects.toThrow(/abort/i);
    await expect.poll(() => request.outcome).toBe("unknown");
  });

  it("hangs until it is closed", async () => {
    const intake = await start({ script: { hang: true } });
    const posted = expect(post(intake.url, "x")).rejects.toThrow();
    await intake.request(1);
    await intake.close();
    await posted;
  });

  it("waits before the answer and drips the body", async () => {
    const intake = await start({
      script: { delayMs: 30, body: "abcdefgh", drip: { bytes: 3, everyMs: 15 } },
    });
    const startedAt = performance.now();
    expect(await post(intake.url)).toMatchObject({ text: "abcdefgh" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(50);
    expect(intake.accepted).toHaveLength(1);
  });

  it("refuses connections and accepts them again at the same address", async () => {
    const intake = await start();
    await post(intake.url);
    await intake.refuseConnections();
    await intake.refuseConnections();
    await expect(post(intake.url)).rejects.toThrow();
    await intake.acceptConnections();
    await intake.acceptConnections();
    expect(await post(intake.url)).toMatchObject({ status: 200 });
    expect(intake.requests).toHaveLength(2);
  });

  it("finds a URL that refuses connections", async () => {
    await expect(post(await refusedUrl())).rejects.toThrow();
  });
});

describe("a script", () => {
  it("that is a list repeats its last answer", async () => {
    const intake = await start({ script: [{ status: 500 }, { status: 429 }, { status: 202 }] });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await withFetch(intake.url)).status);
    expect(statuses).toEqual([500, 429, 202, 202, 202]);
  });

  it("that is an empty list answers 200", async () => {
    const intake = await start({ script: [] });
    expect((await withFetch(intake.url)).status).toBe(200);
  });

  it("that is a function sees the request and its index, which starts again with a new script", async () => {
    const intake = await start({
      script: async (request, index) => ({ body: `${request.text} ${index}` }),
    });
    expect((await withFetch(intake.url, "a")).text).toBe("a 0");
    expect((await withFetch(intake.url, "b")).text).toBe("b 1");
    intake.respondWith((request, index) => ({ body: `${index} ${request.path}` }));
    expect((await withFetch(`${intake.url}/p`)).text).toBe("0 /p");
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an invalid status", { status: 42 }],
    ["an invalid header", { headers: { "x-broken": "a\nb" } }],
    ["an invalid body", { body: 5 }],
    ["a drip of no bytes", { body: "drops", drip: { bytes: 0, everyMs: 1 } }],
  ])("that returns %s answers 500 and says so", async (_, answer) => {
    const intake = await start({ script: () => answer as IntakeAnswer });
    const { status, text } = await withFetch(intake.url, "x");
    expect(status).toBe(500);
    expect(text).toContain("script");
    expect(intake.requests[0]?.outcome).toBe("refused");
  });

  it("that throws answers 500 and says so", async () => {
    const intake = await start({
      script: () => {
        throw new Error("no answer to that");
      },
    });
    expect(await withFetch(intake.url)).toMatchObject({
      status: 500,
      text: expect.stringContaining("no answer to that"),
    });
  });
});

describe("an intake", () => {
  it("does not record a request that does not arrive completely", async () => {
    const intake = await start();
    const request = httpRequest(intake.url, {
      method: "POST",
      headers: { "content-length": "10" },
    });
    request.on("error", () => undefined);
    await new Promise<void>((resolve) => request.write("half", () => resolve()));
    await expect.poll(() => intake.connections).toBe(1);
    request.destroy();
    await expect.poll(() => intake.connections).toBe(0);
    expect(intake.requests).toEqual([]);
  });

  it("resolves with the n-th request when it arrives, at once if it has arrived", async () => {
    const intake = await start();
    const second = intake.request(2);
    await withFetch(intake.url, "one");
    await withFetch(intake.url, "two");
    expect((await second).text).toBe("two");
    expect((await intake.request(1)).text).toBe("one");
  });

  it("names the request that did not arrive, after a timeout and on close", async () => {
    const intake = await start();
    await expect(intake.request(1, { timeoutMs: 5 })).rejects.toThrow(
      "Request 1 did not come within 5 ms; 0 did.",
    );
    const third = expect(intake.request(3)).rejects.toThrow(
      "The intake was closed; request 3 did not come.",
    );
    await intake.close();
    await third;
    await expect(intake.request(1)).rejects.toThrow("closed");
    await expect(intake.acceptConnections()).rejects.toThrow("closed");
  });

  it("ends every connection on close, leaves no handle, and may be closed twice", async () => {
    const agent = new Agent({ keepAlive: true });
    const before = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
    const intake = await startIntakeServer({ script: { delayMs: 60_000 } });
    const request = httpRequest(intake.url, { agent });
    const failed = new Promise((resolve) => request.once("error", resolve));
    request.end();
    await intake.request(1);
    const closing = intake.close();
    expect(intake.close()).toBe(closing);
    await closing;
    await failed;
    agent.destroy();
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length)
      .toBe(before);
    expect(intake.connections).toBe(0);
    await expect(withFetch(intake.url)).rejects.toThrow();
  });

  it("is closed at the end of `await using`", async () => {
    let url = "";
    {
      await using intake = await startIntakeServer();
      url = intake.url;
    }
    await expect(withFetch(url)).rejects.toThrow();
  });
});
