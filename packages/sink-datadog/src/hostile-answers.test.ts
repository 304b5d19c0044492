import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const apiKey = "0123456789abcdef0123456789abcdef";
const gigabyte = 2 ** 30;
const block = Buffer.alloc(1_048_576, `${apiKey} `);
const bomb = gzipSync(Buffer.alloc(10 * 1_048_576));

/** Writes as fast as the client reads, until it goes away. */
async function write(response: ServerResponse, piece: Buffer, times: number): Promise<void> {
  let resume = (): void => {};
  response.on("drain", () => resume());
  response.on("close", () => resume());
  for (let i = 0; i < times && !response.destroyed; i++)
    if (!response.write(piece)) await new Promise<void>((resolve) => (resume = resolve));
  response.end();
}

type Answer = (response: ServerResponse, status: number) => Promise<void>;

const answers: Readonly<Record<string, Answer>> = {
  plain: (response, status) => {
    response.writeHead(status, { "content-length": gigabyte });
    return write(response, block, gigabyte / block.length);
  },
  chunked: (response, status) => {
    response.writeHead(status);
    return write(response, block, gigabyte / block.length);
  },
  gzip: (response, status) => {
    response.writeHead(status, { "content-encoding": "gzip" });
    return write(response, bomb, 100);
  },
  endless: (response, status) => {
    response.writeHead(status);
    return write(response, block, Infinity);
  },
  slow: async (response, status) => {
    response.writeHead(status);
    const timer = setInterval(() => response.write("x"), 5);
    await once(response, "close");
    clearInterval(timer);
  },
};

/** Exports to each address twice, and prints the most and the last memory beyond what was used before. */
const source = (url: string, paths: readonly string[]): string => `
  import { inspect } from "node:util";
  import { exampleSnapshots } from "@aiokpl/sink-testkit";
  import { DatadogSink } from ${JSON.stringify(new URL("datadog-sink.ts", import.meta.url).href)};
  const { signal } = new AbortController();
  const used = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };
  const exportTo = (path) => new DatadogSink({
    apiKey: "${apiKey}", baseUrl: "${url}" + path, requestTimeoutMs: path.startsWith("/slow") ? 400 : 10_000, onWarning: () => {},
  }).export(exampleSnapshots({ series: [{ name: "a" }] }), { signal });
  for (let i = 0; i < 5; i++) await exportTo("/ok/202");
  const results = {};
  for (const path of ${JSON.stringify(paths)}) {
    const before = used();
    let most = before;
    const timer = setInterval(() => { most = Math.max(most, used()); }, 50);
    const kept = [];
    for (let i = 0; i < 2; i++) kept.push(await exportTo(path));
    most = Math.max(most, used());
    clearInterval(timer);
    const hasKey = inspect(kept, { showHidden: true, depth: Infinity }).includes("${apiKey}");
    const outcomes = kept.map(({ retry, rejected }) => retry.length + rejected.length);
    results[path] = { most: most - before, left: used() - before, hasKey, outcomes };
  }
  console.log(JSON.stringify(results));`;

test(
  "an answer of 1 GB costs less than 8 MB, leaves nothing, and ends the connection",
  { timeout: 120_000 },
  async () => {
    let open = 0;
    let sent = 0;
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        const [, name = "", status] = (request.url ?? "").split("/");
        void (answers[name]?.(response, Number(status)) ?? response.end('{"status":"ok"}'));
      });
    });
    server.on("connection", (socket) => {
      open += 1;
      socket.on("error", () => {});
      socket.on("close", () => {
        open -= 1;
        sent += socket.bytesWritten;
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const paths = Object.keys(answers).flatMap((name) => [`/${name}/202`, `/${name}/400`]);
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          "--expose-gc",
          "--input-type=module",
          "--eval",
          source(`http://127.0.0.1:${port}`, paths),
        ],
        { cwd: fileURLToPath(new URL("..", import.meta.url)) },
      );
      const results: Record<string, Record<string, unknown>> = JSON.parse(stdout);
      expect(Object.keys(results)).toEqual(paths);
      for (const [path, { most, left, hasKey, outcomes }] of Object.entries(results)) {
        expect(most, path).toBeLessThan(8_388_608);
        expect(left, path).toBeLessThan(1_048_576);
        expect([hasKey, outcomes], path).toEqual([false, [1, 1]]);
      }
      await expect.poll(() => open).toBe(0);
      expect(sent).toBeLessThan(500_000_000);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);
