import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** A stand-in for the async context of one of the program's requests. */
export interface WatchedContext {
  /** Calls something in the context. */
  run<T>(call: () => T): T;
  /** What was started in the context and can outlive the call, in order. */
  readonly started: readonly string[];
  /** Ends the watch. */
  stop(): void;
}

/** Resources that hold on to the context in which they were created, by Node's names for them. */
const LASTING: ReadonlyMap<string, string> = new Map([
  ["Timeout", "timer"],
  ["TCPWRAP", "TCP socket"],
  ["PIPEWRAP", "pipe"],
  ["UDPWRAP", "UDP socket"],
  ["HTTPCLIENTREQUEST", "request"],
  ["GETADDRINFOREQWRAP", "DNS lookup"],
  ["MESSAGEPORT", "message port"],
  ["WORKER", "worker"],
]);

/** Channels on which Node and undici publish a request, in the context of whoever makes it. */
const REQUEST_CHANNELS = ["undici:request:create", "http.client.request.start"];

/**
 * Watches what is started in a context of its own until it is stopped. A request or timer that is
 * started there keeps the program's data alive, and its span joins the program's trace.
 */
export function watchAsyncContext(): WatchedContext {
  const context = new AsyncLocalStorage<true>();
  const started: string[] = [];
  const note = (what: string): void => {
    if (context.getStore() !== undefined) started.push(what);
  };
  const noteRequest = (): void => note("request");
  const hook = createHook({
    init(_id, type) {
      const what = LASTING.get(type);
      if (what !== undefined) note(what);
    },
  }).enable();
  for (const channel of REQUEST_CHANNELS) subscribe(channel, noteRequest);
  return {
    started,
    run: (call) => context.run(true, call),
    stop() {
      hook.disable();
      for (const channel of REQUEST_CHANNELS) unsubscribe(channel, noteRequest);
    },
  };
}
