import {
  maskedExcerpt,
  type SafeError,
  safeError,
  type SecretMask,
} from "@aiokpl/metrics-core/sink";

/** An exporter's error as it may be shown. */
export interface ExporterError extends SafeError {
  /** The beginning of the server's answer. */
  readonly answer?: string;
}

/**
 * Makes an error that may be shown of an exporter's. Those of an OTLP exporter have the HTTP status as
 * `code`, and the server's answer as `data`. Never throws.
 */
export function exporterError(thrown: unknown, mask: SecretMask): ExporterError {
  const code = read(thrown, "code");
  const data = read(thrown, "data");
  const error = safeError(thrown, mask, { status: typeof code === "number" ? code : undefined });
  return typeof data === "string" && data !== ""
    ? Object.assign(error, { answer: maskedExcerpt(data, mask) })
    : error;
}

/** Reads a field of whatever was thrown. */
function read(thrown: unknown, field: string): unknown {
  try {
    return typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, field) : undefined;
  } catch {
    return undefined;
  }
}
