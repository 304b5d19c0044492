import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { BodyBytes } from "../mapping/request-body.ts";

/** A request with its whole body. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodyBytes;
}

/** What a request failed with before it had a connection, so that nobody can have it, is the cause. */
export class NotConnectedError extends Error {}

/**
 * Sends a request, and resolves with its answer as soon as the head of that has arrived. Follows no
 * redirects. It goes through Node's own agents, so that proxies and certificates apply which Node or the
 * program has set there. An export takes a fifth less CPU so than with `fetch`.
 *
 * @param signal ends the request, and the reading of its answer
 * @throws what the connection fails with, or the reason of the signal; NotConnectedError with that, where
 * there was no connection yet
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
    let isConnected = false;
    const fail = (cause: unknown): void =>
      reject(isConnected ? cause : new NotConnectedError("was not connected", { cause }));
    const stop = (): void => void request.destroy(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    request.once("socket", (socket) => whenOpen(socket, () => (isConnected = true)));
    // It stays for what comes after the answer, which whoever reads that is told of.
    request.on("error", fail);
    request.once("response", resolve);
    request.once("close", () => {
      signal.removeEventListener("abort", stop);
      // Where the answer changes the protocol, there is neither an answer nor an error.
      fail(new Error("the connection was closed without an answer"));
    });
    request.end(body);
  });
}

/** Calls `opened` as soon as a request may go out over the socket: with TLS, after the handshake. */
function whenOpen(socket: Socket, opened: () => void): void {
  const isOpen = (): boolean =>
    !socket.connecting && !("secureConnecting" in socket && socket.secureConnecting === true);
  if (isOpen()) return opened();
  const look = (): void => {
    if (isOpen()) opened();
  };
  socket.once("connect", look);
  socket.once("secureConnect", look);
}
