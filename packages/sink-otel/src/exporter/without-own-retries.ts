import type { MetricExporter } from "./metric-exporter.ts";

/**
 * Returns a view of an OTLP exporter over HTTP that makes one request a call. Returns any other
 * exporter as it is.
 *
 * The exporter itself would repeat a failed request up to five times and answer after ten seconds. Until
 * then nobody would learn of a wrong address, and its timer would keep the process alive. It has no
 * option against that. The manager retries what is not delivered anyway.
 *
 * The exporter does not change. Its retries are a transport around another one, in all versions from
 * 0.57.2 to 0.301.0; a version in which that is different is used as it is.
 *
 * @param status returns the status of the last answer, if it is known
 */
export function withoutOwnRetries(
  exporter: MetricExporter,
  status: () => number | undefined,
): MetricExporter {
  const delegate = objectIn(exporter, "_delegate");
  const retrying = delegate && objectIn(delegate, "_transport");
  const single = retrying && objectIn(retrying, "_transport");
  if (delegate === undefined || retrying === undefined || single === undefined) return exporter;
  const send: unknown = Reflect.get(single, "send");
  if (typeof Reflect.get(retrying, "retry") !== "function" || typeof send !== "function")
    return exporter;
  const transport = {
    send: async (...request: readonly unknown[]): Promise<unknown> =>
      final(await Reflect.apply(send, single, request), status()),
  };
  return viewOf(exporter, { _delegate: viewOf(delegate, { _transport: transport }) });
}

/** Turns an answer for which the exporter would try again into a failure that says why. */
function final(answer: unknown, status: number | undefined): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  if (Reflect.get(answer, "status") !== "retryable") return answer;
  const error: unknown = Reflect.get(answer, "error");
  if (error instanceof Error) return { status: "failure", error };
  const waitMs: unknown = Reflect.get(answer, "retryInMillis");
  const busy = new Error("the server is busy or unavailable: retryable status");
  return {
    status: "failure",
    error: Object.assign(busy, {
      ...(status === undefined ? undefined : { code: status }),
      ...(typeof waitMs === "number" ? { retryAfterMs: Math.max(0, waitMs) } : undefined),
    }),
  };
}

/** Returns an object that has these fields, and all others of the original. */
function viewOf<T extends object>(original: T, fields: object): T {
  const replaced = new Map<PropertyKey, unknown>(Object.entries(fields));
  return new Proxy(original, {
    get: (target, name, receiver) =>
      replaced.has(name) ? replaced.get(name) : Reflect.get(target, name, receiver),
  });
}

function objectIn(object: object, field: string): object | undefined {
  const value: unknown = Reflect.get(object, field);
  return typeof value === "object" && value !== null ? value : undefined;
}
