// A server in a thread of its own, so that its time is not counted as the contender's.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** What a server has received so far. */
interface Counted {
  readonly requests: number;
  readonly bytes: number;
}

/** A server on 127.0.0.1 that accepts every request. */
export interface CountingServer {
  readonly url: string;
  counted(): Promise<Counted>;
}

/** Starts a server that gives the same answer to every request. It ends with the process. */
export async function startCountingServer(status: number, body: string): Promise<CountingServer> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { status, body } });
  worker.unref();
  const next = <T>(): Promise<T> => new Promise((resolve) => worker.once("message", resolve));
  const url = await next<string>();
  return {
    url,
    counted() {
      const counted = next<Counted>();
      worker.postMessage("count");
      return counted;
    },
  };
}

if (!isMainThread && parentPort !== null && typeof workerData?.status === "number") {
  const port = parentPort;
  const { status, body } = workerData as { status: number; body: string };
  let requests = 0;
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => {
      requests++;
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  });
  // Some rounds are seconds apart, and a client whose connection was closed meanwhile would fail.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1", () => {
    const address = server.address() as AddressInfo;
    port.postMessage(`http://127.0.0.1:${address.port}`);
  });
  port.on("message", () => port.postMessage({ requests, bytes } satisfies Counted));
}
