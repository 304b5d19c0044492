import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { OutgoingHttpHeaders } from "node:http";
import { requestSecrets } from "./secrets.ts";

/** Node publishes each HTTP request here when it begins. Other runtimes publish nothing. */
const CHANNEL = "http.client.request.start";

/** What is needed of Node's ClientRequest. */
interface HttpRequest {
  readonly path: string;
  getHeaders(): OutgoingHttpHeaders;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
  once(event: "response", listener: (response: { readonly statusCode?: number }) => void): unknown;
}

/** Who made the request that begins now. */
const running = new AsyncLocalStorage<OwnRequests>();

const onRequest = (message: unknown): void => running.getStore()?.began(message);

/** How many need what Node publishes; as long as there are none, it publishes nothing for us. */
let listeners = 0;

function listen(): void {
  if (listeners++ === 0) subscribe(CHANNEL, onRequest);
}

function unlisten(): void {
  if (--listeners === 0) unsubscribe(CHANNEL, onRequest);
}

/**
 * The HTTP requests that an exporter makes. An exporter can't be stopped and does not say what it sent,
 * but its requests can be ended, and they know their headers.
 */
export class OwnRequests {
  readonly #open = new Set<HttpRequest>();
  /** What the last request was sent with. */
  #sent: { readonly headers: OutgoingHttpHeaders; readonly path: string } | undefined;
  #status: number | undefined;
  /** From the first call to the end, since whoever begins to listen makes Node's HTTP client slower for a while. */
  #isListening = false;
  #isEnded = false;

  /** What the last request was sent with and nobody may see. */
  get secrets(): readonly string[] {
    return this.#sent === undefined ? [] : requestSecrets(this.#sent.headers, this.#sent.path);
  }

  /** The status of the last answer in the current call, if there was one. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Calls an exporter, and notes the requests that it makes, up to the end of the promise. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#status = undefined;
    if (!this.#isListening && !this.#isEnded) {
      this.#isListening = true;
      listen();
    }
    // A call may outlive the end.
    listen();
    try {
      return await running.run(this, call);
    } finally {
      unlisten();
    }
  }

  /** Notes a request. */
  began(message: unknown): void {
    const request = requestIn(message);
    if (request === undefined) return;
    // They are read only for an error, which is rare.
    this.#sent = { headers: request.getHeaders(), path: request.path };
    if (this.#isEnded) {
      request.destroy();
      return;
    }
    this.#open.add(request);
    request.once("close", () => this.#open.delete(request));
    request.once("response", ({ statusCode }) => (this.#status = statusCode));
  }

  /** Ends all requests, and those that the exporter still begins. */
  end(): void {
    this.#isEnded = true;
    if (this.#isListening) {
      this.#isListening = false;
      unlisten();
    }
    for (const request of this.#open) request.destroy();
  }
}

function requestIn(message: unknown): HttpRequest | undefined {
  if (typeof message !== "object" || message === null || !("request" in message)) return undefined;
  return isRequest(message.request) ? message.request : undefined;
}

function isRequest(value: unknown): value is HttpRequest {
  const methods = ["getHeaders", "destroy", "once"];
  return (
    typeof value === "object" &&
    value !== null &&
    typeof Reflect.get(value, "path") === "string" &&
    methods.every((method) => typeof Reflect.get(value, method) === "function")
  );
}
