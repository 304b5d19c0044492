/** The parts of the host's `process` that are used. */
interface Host {
  prependListener(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
  listeners(event: string): readonly object[];
}

declare const process: Host;

/** The name under which every copy of this package in the process finds the same handlers. */
const SHARED = Symbol.for("@aiokpl/metrics-core/process-events");

/** Marks our listeners, so that a copy of this package recognises those of another copy. */
const OURS = Symbol.for("@aiokpl/metrics-core/close-on-exit");

/** One event, its one listener, and the handlers that the listener calls. */
interface Listened {
  readonly listener: () => void;
  readonly handlers: Set<() => void>;
  /** The handlers that were called at the last event. */
  readonly called: Set<() => void>;
}

/**
 * Calls `handler` at each event of the process. All handlers of an event share one listener, even
 * those of other managers and other copies of this package, so that Node does not warn of a leak of
 * listeners. Returns a function that removes the handler. The listener is removed with its last
 * handler.
 */
export function onProcessEvent(event: string, handler: () => void): () => void {
  const all = sharedEvents();
  const listened = all.get(event) ?? listenTo(event, all);
  listened.handlers.add(handler);
  return () => {
    listened.handlers.delete(handler);
    if (listened.handlers.size > 0 || all.get(event) !== listened) return;
    all.delete(event);
    process.removeListener(event, listened.listener);
  };
}

/**
 * Calls the handlers that were added since the last event, once none is left of those that were
 * called then. So who comes while others answer an event is not left waiting for the next one.
 */
export function callLatecomers(event: string): void {
  const listened = sharedEvents().get(event);
  if (listened === undefined) return;
  const { handlers, called, listener } = listened;
  if (!Array.from(handlers).some((handler) => called.has(handler))) listener();
}

/** Whether nobody but this package, in any copy, listens for the event. */
export function isOnlyOurs(event: string): boolean {
  return process.listeners(event).every((listener) => OURS in listener);
}

/** Whether anybody listens for the event. */
export function isListenedTo(event: string): boolean {
  return process.listeners(event).length > 0;
}

function listenTo(event: string, all: Map<string, Listened>): Listened {
  const handlers = new Set<() => void>();
  const called = new Set<() => void>();
  const listener = (): void => {
    const all = Array.from(handlers);
    called.clear();
    for (const handler of all) called.add(handler);
    for (const handler of all) handler();
  };
  const listened = { listener: Object.assign(listener, { [OURS]: true }), handlers, called };
  // In front of the others: Node removes a program's once() listener before it runs, and
  // isOnlyOurs() must see it.
  process.prependListener(event, listened.listener);
  all.set(event, listened);
  return listened;
}

function sharedEvents(): Map<string, Listened> {
  const shared = globalThis as { [SHARED]?: Map<string, Listened> };
  return (shared[SHARED] ??= new Map());
}
