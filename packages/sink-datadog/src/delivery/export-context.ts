import type { DatadogClient } from "../client/datadog-client.ts";
import type { Turn } from "../mapping/turn.ts";

/** What one export needs to send requests. */
export interface ExportContext {
  readonly client: DatadogClient;
  /** Stops the delivery; what was not sent comes back in `retry`. */
  readonly signal: AbortSignal;
  /** All long work of the export is divided by it. */
  readonly turn: Turn;
}
