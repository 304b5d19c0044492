import { createHash } from "node:crypto";
import type { ClientOptions } from "./datadog-client.ts";

/**
 * Returns a name that is equal for equal keys and addresses, so that sinks know whether they write to
 * the same account. The key can't be read from it.
 */
export function accountOf({ apiKey, baseUrl }: Pick<ClientOptions, "apiKey" | "baseUrl">): string {
  return createHash("sha256").update(`${apiKey}\n${baseUrl}`).digest("base64url").slice(0, 22);
}
