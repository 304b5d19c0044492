// What is outside of the service, in a process of its own: the users, and the vendor's server.
import { createSocket } from "node:dgram";
import { createServer, get } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { openLoop } from "./open-loop.ts";
import type { OutsideAnswer, OutsideRequest } from "./outside-messages.ts";
import { type Received, totalsOf } from "./received-totals.ts";
import { addressOf } from "./address-of.ts";

const received: Received[] = [];

/** Datadog answers 202, the others 200; a body of JSON is read by CloudWatch's and Datadog's clients alone. */
const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    received.push({ encoding: request.headers["content-encoding"], body: Buffer.concat(chunks) });
    const isOtlp = request.url === "/v1/metrics";
    const type = isOtlp ? "application/x-protobuf" : "application/json";
    const status = request.url?.startsWith("/api/") === true ? 202 : 200;
    // The soak sets its clock forward, and Datadog's sink would warn of the difference.
    response.sendDate = false;
    response.writeHead(status, { "content-type": type }).end(isOtlp ? "" : '{"status":"ok"}');
  });
});
// A client whose idle connection was closed would fail.
http.keepAliveTimeout = 0;

const kind = process.argv[2];
if (kind === "dogstatsd") {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  socket.on("message", (body) => void received.push({ body }));
  socket.bind(0, "127.0.0.1", () => send({ url: "", port: socket.address().port }));
} else if (kind === "emf") {
  const server = createTcpServer((socket) => {
    socket.on("data", (body) => void received.push({ body: Buffer.from(body) }));
  });
  server.listen(0, "127.0.0.1", () => send({ url: "", port: addressOf(server).port }));
} else {
  http.listen(0, "127.0.0.1", () => {
    const { port } = addressOf(http);
    send({ url: `http://127.0.0.1:${port}`, port });
  });
}

// The service ends by SIGKILL.
process.on("disconnect", () => process.exit());
process.on("message", (request: OutsideRequest) => {
  answer(request).then(send, (error: unknown) => send({ failed: String(error) }));
});

async function answer(request: OutsideRequest): Promise<OutsideAnswer> {
  switch (request.ask) {
    case "load":
      return { load: await openLoop(request.load) };
    case "scrape": {
      const body = await page(request.page);
      received.push({ body });
      return { scraped: body.length };
    }
    case "totals":
      return { totals: await totalsOf(request.protocol, received) };
  }
}

function page(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept: "text/plain" } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks)));
    }).on("error", reject);
  });
}

function send(message: OutsideAnswer): void {
  process.send?.(message);
}
