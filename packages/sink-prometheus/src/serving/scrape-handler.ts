import type { Renderings } from "../rendering/renderings.ts";
import { answerTo, plainAnswer, type ScrapeAnswer } from "./scrape-answer.ts";
import type { Scrapers } from "./scrapers.ts";

interface Answered {
  readonly status: number;
}

declare global {
  /** What a program without the types of the DOM or of Node has of it; with them, it is theirs. */
  // Inherited, because a property of its own would collide with one that is not readonly, as Cloudflare has it.
  interface Response extends Answered {}
}

/** What the handler reads of a request of Node's http module, or of a framework that has such requests. */
export interface ScrapeRequest {
  /** GET or HEAD; others get 405. */
  readonly method?: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Where the request comes from, for log messages. */
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
}

/** What the handler uses of a response of Node's http module. */
export interface ScrapeResponse {
  /** True once all has been handed to the operating system. */
  readonly writableFinished: boolean;
  /** Sends the status and headers. */
  writeHead(status: number, headers: Record<string, string>): unknown;
  /** Sends a part of the body. What it returns is not used. */
  write(chunk: Uint8Array): unknown;
  /** Ends the answer. */
  end(): unknown;
  /** Cuts the connection. */
  destroy(): unknown;
  /** Calls `listener` when the connection has closed or failed. */
  on(event: "close" | "error", listener: () => void): unknown;
}

/** What the handler reads of a web-standard request. */
export interface FetchRequest {
  /** GET or HEAD; others get 405. */
  readonly method: string;
  /** `Headers`, or what has its `get`. */
  readonly headers: { get(name: string): string | null };
}

/** Who reads slower than this, in milliseconds, is cut off, unless it says itself how long it waits. */
const LONGEST_READ_MS = 30_000;

/** Prometheus says how long it waits, and no browser does. */
const TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds";

/** What a {@link ScrapeHandler} needs. */
export interface ScrapeHandlerOptions {
  readonly renderings: Renderings;
  readonly scrapers: Scrapers;
  /** Most requests that are answered at a time. */
  readonly maxScrapes: number;
}

/** Answers scrapes, however they come. */
export class ScrapeHandler {
  readonly #options: ScrapeHandlerOptions;
  #underWay = 0;

  constructor(options: ScrapeHandlerOptions) {
    this.#options = options;
  }

  /** Answers a request of Node's http module. Resolves when the answer was sent, or the connection is closed. Never rejects. */
  async handle(request: ScrapeRequest, response: ScrapeResponse): Promise<void> {
    const { method = "GET", headers, socket } = request;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === "string" ? value : value?.join(", ");
    };
    let isClosed = false;
    const closed = new Promise<void>((resolve) => {
      response.on("close", () => {
        isClosed = true;
        resolve();
      });
    });
    // Without a listener, an error of a connection would end the process.
    response.on("error", () => {});
    await this.#scrape(method, header, socket?.remoteAddress ?? "", async (answer) => {
      if (isClosed) return false;
      send(answer, response);
      const seconds = Number(header(TIMEOUT_HEADER));
      const limitMs = seconds > 0 ? Math.min(seconds * 1_000, LONGEST_READ_MS) : LONGEST_READ_MS;
      const limit = AbortSignal.timeout(Math.ceil(limitMs));
      const destroy = (): void => void response.destroy();
      limit.addEventListener("abort", destroy);
      await closed;
      limit.removeEventListener("abort", destroy);
      return response.writableFinished;
    });
  }

  /** Answers a web-standard request. Never rejects. */
  async fetch({ method, headers }: FetchRequest): Promise<Response> {
    const header = (name: string): string | undefined => headers.get(name) ?? undefined;
    let response: Response | undefined;
    await this.#scrape(method, header, "", async ({ status, headers: answered, body }) => {
      const isEmpty = method === "HEAD" || body.length === 0;
      response = new Response(isEmpty ? null : joined(body), { status, headers: answered });
      return true;
    });
    return response ?? new Response(null, { status: 500 });
  }

  /** @param deliver sends the answer, and resolves with whether it arrived as a whole */
  async #scrape(
    method: string,
    header: (name: string) => string | undefined,
    address: string,
    deliver: (answer: ScrapeAnswer) => Promise<boolean>,
  ): Promise<void> {
    const { renderings, scrapers, maxScrapes } = this.#options;
    if (this.#underWay >= maxScrapes) {
      await deliver(
        plainAnswer(503, `${maxScrapes} scrapes are under way, the limit.`, { "retry-after": "1" }),
      );
      return;
    }
    const answered =
      method === "GET" && header(TIMEOUT_HEADER) !== undefined
        ? scrapers.begins(`${address} ${header("user-agent") ?? ""} ${header("accept") ?? ""}`)
        : undefined;
    this.#underWay++;
    try {
      const question = {
        method,
        accept: header("accept"),
        acceptEncoding: header("accept-encoding"),
      };
      const answer = await answerTo(question, renderings).catch(() =>
        plainAnswer(500, "The metrics could not be read."),
      );
      if ((await deliver(answer)) && answer.status === 200) answered?.();
    } finally {
      this.#underWay--;
    }
  }
}

/** The pieces stay as they are, so that many answers take no more memory than one. */
function send({ status, headers, body }: ScrapeAnswer, response: ScrapeResponse): void {
  response.writeHead(status, { ...headers });
  for (const chunk of body) response.write(chunk);
  response.end();
}

/** Bytes that `Response` takes, also in versions of TypeScript in which `Uint8Array` has no parameter. */
export type PageBytes = ReturnType<Uint8Array["slice"]>;

/** Puts pieces together. */
export function joined(chunks: readonly Uint8Array[]): PageBytes {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    all.set(chunk, position);
    position += chunk.length;
  }
  return all;
}
