import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { plainAnswer } from "./scrape-answer.ts";
import type { ScrapeHandler } from "./scrape-handler.ts";

// An import would read all that it exports, and for some of that Node 24 loads undici, which takes ten times as long.
const { createServer } = process.getBuiltinModule("node:http");

/** Where a {@link ScrapeServer} listens. */
export interface ScrapeServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly path: string;
}

/** A request line and headers take no longer than this to arrive. */
const HEADERS_TIMEOUT_MS = 10_000;

/** Longer than the time between two scrapes, so that Prometheus need not connect for each. */
const KEEP_ALIVE_MS = 75_000;

const MOST_CONNECTIONS = 100;

/** A scrape that is still under way when the server is closed may take this much longer. */
const CLOSE_GRACE_MS = 1_000;

/** An HTTP server for scrapes. Nothing of it keeps the process alive. */
export class ScrapeServer {
  readonly #options: ScrapeServerOptions;
  readonly #handler: ScrapeHandler;
  #server: Server | undefined;
  #isClosing = false;

  constructor(options: ScrapeServerOptions, handler: ScrapeHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  /** The port on which it listens; undefined if it does not. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Begins to listen, if it does not yet. Rejects if the port is taken; it may be called again then. */
  async listen(): Promise<void> {
    if (this.#server !== undefined || this.#isClosing) return;
    const { host, port } = this.#options;
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: HEADERS_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.on("connection", (socket) => socket.unref());
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const why = cause.code === "EADDRINUSE" ? "the port is taken" : cause.message;
        reject(new Error(`can't listen on port ${port} of ${host}: ${why}`, { cause }));
      });
      server.listen({ host, port }, resolve);
    });
    // Errors of single connections end those alone.
    server.on("error", () => {});
    server.unref();
    this.#server = server;
  }

  /** Stops listening. A scrape that is under way has a second to end, unless the signal aborts before. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true;
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CLOSE_GRACE_MS)]);
    const end = (): void => server.closeAllConnections();
    if (limit.aborted) end();
    else limit.addEventListener("abort", end, { once: true });
    await closed;
    limit.removeEventListener("abort", end);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, host } = this.#options;
    response.shouldKeepAlive &&= !this.#isClosing;
    if (isLoopback(host) && !isOwnName(request.headers.host, host))
      return refuse(response, 403, "This address has another name.");
    if (request.url?.replace(/\?.*$/s, "") !== path)
      return refuse(response, 404, `The metrics are at ${path}.`);
    // A body is not read, so the connection can't be used again.
    if (
      request.headers["transfer-encoding"] !== undefined ||
      Number(request.headers["content-length"]) > 0
    )
      response.shouldKeepAlive = false;
    return this.#handler.handle(request, response);
  }
}

/** Whether only programs on this machine can connect to a host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Whether a `Host` header names this machine. A page in a browser on this machine could else read the metrics, through
 * a name of its own that leads here.
 */
function isOwnName(header: string | undefined, host: string): boolean {
  const name = (header ?? "")
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return name === host || isLoopback(name);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  const { headers, body } = plainAnswer(status, text);
  response.writeHead(status, { ...headers });
  response.end(body[0]);
}
