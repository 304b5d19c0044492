import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { decodeBody } from "./decode-body.ts";
import type { IntakeOutcome, IntakeRequest } from "./intake-request.ts";
import { answerOf } from "./intake-script.ts";
import type { IntakeAnswer, IntakeScript } from "./intake-script.ts";
import { sendAnswer } from "./send-answer.ts";

/** Options of an intake server. */
export interface IntakeServerOptions {
  /** The answers. @default 200 with an empty body */
  readonly script?: IntakeScript | undefined;
  /** False if the intake must not keep the process alive. @default true */
  readonly keepAlive?: boolean | undefined;
}

/** A stand-in for a vendor's server, on 127.0.0.1: it answers as a script says, and records the requests. */
export interface IntakeServer extends AsyncDisposable {
  /** The address, as `http://127.0.0.1:port`. It stays the same after {@link IntakeServer.acceptConnections}. */
  readonly url: string;
  /** All requests that arrived completely, in order. */
  readonly requests: readonly IntakeRequest[];
  /** The requests that were answered completely with a status of 2xx. A real vendor has stored these. */
  readonly accepted: readonly IntakeRequest[];
  /** How many connections are open. */
  readonly connections: number;
  /** Changes the script for the next requests, whose indexes start at 0 again. */
  respondWith(script: IntakeScript): void;
  /**
   * Waits until the `n`-th request, counted from 1, has arrived completely, and resolves with it.
   * Rejects after `timeoutMs` (default 5,000), and on `close()`.
   */
  request(n: number, options?: { readonly timeoutMs?: number | undefined }): Promise<IntakeRequest>;
  /** Ends every connection and refuses new ones until {@link IntakeServer.acceptConnections}. */
  refuseConnections(): Promise<void>;
  /** Accepts connections again, at the same address. */
  acceptConnections(): Promise<void>;
  /** Ends every connection and answer, and stops listening. May be called twice. */
  close(): Promise<void>;
}

interface Waiter {
  readonly n: number;
  readonly resolve: (request: IntakeRequest) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** How long `acceptConnections` tries to get its port back, in milliseconds. */
const PORT_PATIENCE_MS = 5_000;

/** Starts an intake on a free port of 127.0.0.1. */
export async function startIntakeServer(options: IntakeServerOptions = {}): Promise<IntakeServer> {
  const keepAlive = options.keepAlive ?? true;
  const requests: IntakeRequest[] = [];
  const sockets = new Set<Socket>();
  const waiters = new Set<Waiter>();
  let script = options.script ?? {};
  let index = 0;
  let closing: Promise<void> | undefined;

  const server = createServer((message, response) => void receive(message, response));
  // If the server ended idle connections, a client could meet a reset that no script asked for.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("connection", (socket) => {
    if (!keepAlive) socket.unref();
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });

  async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await readAll(message);
    if (rawBody === undefined) return;
    let outcome: IntakeOutcome = "pending";
    const request: IntakeRequest = {
      method: message.method ?? "",
      path: message.url ?? "",
      headers: message.headers,
      rawBody,
      ...decoded(rawBody, message.headers["content-encoding"]),
      receivedAt: Date.now(),
      get outcome() {
        return outcome;
      },
    };
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    requests.push(request);
    wakeWaiters();

    const send = async (answer: IntakeAnswer): Promise<IntakeOutcome> => {
      const sent = await sendAnswer(answer, response, gone.signal);
      const { status = 200 } = answer;
      if (sent === "incomplete") return "unknown";
      return status >= 200 && status < 300 ? "accepted" : "refused";
    };
    outcome = await answerOf(script, request, index++)
      .then(send)
      .catch((error: unknown) => {
        return send({ status: 500, body: `The intake's script is wrong: ${String(error)}` });
      });
  }

  function wakeWaiters(): void {
    for (const waiter of waiters) {
      const request = requests[waiter.n - 1];
      if (request === undefined) continue;
      forget(waiter);
      waiter.resolve(request);
    }
  }

  function forget(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    waiters.delete(waiter);
  }

  function request(
    n: number,
    { timeoutMs = 5_000 }: { readonly timeoutMs?: number | undefined } = {},
  ): Promise<IntakeRequest> {
    const already = requests[n - 1];
    if (already !== undefined) return Promise.resolve(already);
    if (closing !== undefined)
      return Promise.reject(new Error(`The intake is closed; request ${n} did not come.`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        forget(waiter);
        reject(
          new Error(`Request ${n} did not come within ${timeoutMs} ms; ${requests.length} did.`),
        );
      }, timeoutMs);
      const waiter: Waiter = { n, resolve, reject, timer };
      waiters.add(waiter);
    });
  }

  async function refuseConnections(): Promise<void> {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  async function close(): Promise<void> {
    for (const waiter of waiters) {
      forget(waiter);
      waiter.reject(new Error(`The intake was closed; request ${waiter.n} did not come.`));
    }
    await refuseConnections();
  }

  if (!keepAlive) server.on("listening", () => server.unref());
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get accepted() {
      return requests.filter((received) => received.outcome === "accepted");
    },
    get connections() {
      return sockets.size;
    },
    respondWith(next) {
      script = next;
      index = 0;
    },
    request,
    refuseConnections,
    async acceptConnections() {
      if (closing !== undefined) throw new Error("The intake is closed.");
      if (!server.listening) await listenAgain(server, port);
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

/** Reads the whole body. Returns undefined if the client left before its end. */
async function readAll(message: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function decoded(
  rawBody: Uint8Array,
  contentEncoding: string | undefined,
): Pick<IntakeRequest, "body" | "text" | "decodeError"> {
  try {
    const body = decodeBody(rawBody, contentEncoding);
    return { body, text: new TextDecoder().decode(body) };
  } catch (error) {
    return { body: rawBody, text: new TextDecoder().decode(rawBody), decodeError: String(error) };
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string")
        reject(new Error("The system gave a server on 127.0.0.1 no port."));
      else resolve(address.port);
    });
  });
}

/** Listens on a port again. The system may have lent the port to a connection meanwhile, which will end. */
async function listenAgain(server: Server, port: number): Promise<void> {
  const deadline = performance.now() + PORT_PATIENCE_MS;
  for (;;) {
    try {
      await listen(server, port);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
