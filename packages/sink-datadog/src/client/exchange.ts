import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { BodyBytes } from "../mapping/request-body.ts";

/** A request with its whole body. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodyBytes;
}

/**
 * Sends a request, and resolves with its answer as soon as the head of that has arrived. Follows no
 * redirects. It goes through Node's own agents, so that proxies and certificates apply which Node or the
 * program has set there. An export takes a fifth less CPU so than with `fetch`.
 *
 * @param signal ends the request, and the reading of its answer
 * @throws what the connection fails with, or the reason of the signal
 */
export function exchange(
  { url, method, headers, body }: OutgoingRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  // Both are looked up now, since a program may replace them.
  const { request: send } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = send(url, {
      method,
      headers: { ...headers, "accept-encoding": "identity", "content-length": body.length },
    });
    const stop = (): void => void request.destroy(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    // It stays for what comes after the answer, which whoever reads that is told of.
    request.on("error", reject);
    request.once("response", resolve);
    request.once("close", () => signal.removeEventListener("abort", stop));
    request.end(body);
  });
}
