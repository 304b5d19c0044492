/** Where `@opentelemetry/api` 1.x registers what the program has set up, in whichever copy. */
const API = Symbol.for("opentelemetry.js.api.1");

/** The key of OpenTelemetry's SDK by which its instrumentations know that a request is the telemetry's own. */
const SUPPRESS_TRACING = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** The part of OpenTelemetry's context manager that is used here. */
interface ContextManager {
  active(): { setValue(key: symbol, value: unknown): unknown };
  with<T>(context: unknown, call: () => T): T;
}

/**
 * Calls a function so that OpenTelemetry makes no span of the requests it sends and adds no
 * `traceparent` header to them, wherever the program has registered OpenTelemetry. Otherwise only
 * calls the function. Needs no package of OpenTelemetry's.
 */
export function withoutTracing<T>(call: () => T): T {
  const manager = contextManager();
  return manager === undefined ? call() : manager.with(suppressed(manager), call);
}

function suppressed(manager: ContextManager): unknown {
  return manager.active().setValue(SUPPRESS_TRACING, true);
}

function contextManager(): ContextManager | undefined {
  const api: unknown = Reflect.get(globalThis, API);
  const manager: unknown = typeof api === "object" && api !== null && Reflect.get(api, "context");
  return isContextManager(manager) ? manager : undefined;
}

function isContextManager(value: unknown): value is ContextManager {
  return (
    typeof value === "object" &&
    value !== null &&
    "active" in value &&
    typeof value.active === "function" &&
    "with" in value &&
    typeof value.with === "function"
  );
}
