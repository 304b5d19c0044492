import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a hostile server answers with: a gigabyte in one way or another, or bytes without an end. */
export const hostileBodies = ["plain", "chunked", "gzip", "endless", "slow"] as const;

/** A server in a thread of its own, so that its memory is not counted here. */
export interface HostileServer extends AsyncDisposable {
  /** The URL of an answer with this status and this body. */
  url(status: number, body: (typeof hostileBodies)[number]): string;
  /** How many bytes of bodies it has written to connections that were closed since. */
  written(): Promise<number>;
}

const SOURCE = `
const { parentPort } = require("node:worker_threads");
const { gzipSync } = require("node:zlib");
const GIGABYTE = 2 ** 30;
const megabyte = Buffer.alloc(2 ** 20, "<html>");
// A gzip file may have many members; each is a megabyte of zeros.
const member = gzipSync(Buffer.alloc(2 ** 20));
let written = 0;
const waiting = [];
let open = 0;
const server = require("node:http").createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const [, status, kind] = request.url.split("/");
    const headers = { "content-type": "text/html" };
    if (kind === "plain") headers["content-length"] = GIGABYTE;
    if (kind === "gzip") headers["content-encoding"] = "gzip";
    response.writeHead(Number(status), headers);
    const part = kind === "gzip" ? member : kind === "slow" ? Buffer.from("<html>") : megabyte;
    let left = kind === "gzip" ? 1024 * member.length : kind === "plain" || kind === "chunked" ? GIGABYTE : Infinity;
    open++;
    response.on("close", () => {
      open--;
      if (open === 0) for (const resolve of waiting.splice(0)) resolve();
    });
    response.on("error", () => {});
    const write = () => {
      while (!response.destroyed && left > 0) {
        left -= part.length;
        written += part.length;
        const more = response.write(part);
        if (kind === "slow") return void setTimeout(write, 20);
        if (!more) return void response.once("drain", write);
      }
      response.end();
    };
    write();
  });
}).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
parentPort.on("message", async () => {
  if (open > 0) await new Promise((resolve) => waiting.push(resolve));
  parentPort.postMessage(written);
});
`;

/** Starts a {@link HostileServer}. */
export async function startHostileServer(): Promise<HostileServer> {
  const worker = new Worker(SOURCE, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  return {
    url: (status, body) => `http://127.0.0.1:${port}/${status}/${body}`,
    async written() {
      worker.postMessage("written");
      const [bytes] = (await once(worker, "message")) as [number];
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
