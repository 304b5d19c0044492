import { context, createContextKey } from "@opentelemetry/api";

/** The SDK's own key; instrumentations do not trace requests that are made with it. */
const SUPPRESS_TRACING = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Calls a function in a context in which requests are not traced. */
export function withoutTracing<T>(call: () => T): T {
  return context.with(context.active().setValue(SUPPRESS_TRACING, true), call);
}
