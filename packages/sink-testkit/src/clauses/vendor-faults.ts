import type { IntakeScript } from "../intake/intake-script.ts";
import type { VendorAnswers, VendorFault } from "../contract/sink-contract-options.ts";

/** How the vendor's end answers under a fault. */
export function answersUnder(
  fault: Exclude<VendorFault, "refuse">,
  answers: VendorAnswers,
): IntakeScript {
  if (fault === "hang") return { hang: true };
  return answers[fault] ?? DEFAULT_ANSWERS[fault];
}

const DEFAULT_ANSWERS: Readonly<Record<Exclude<VendorFault, "refuse" | "hang">, IntakeScript>> = {
  reset: { reset: "before" },
  throttle: { status: 429, headers: { "retry-after": "1" }, body: "Too Many Requests" },
  "client-error": { status: 400, body: "Bad Request" },
  "server-error": { status: 503, body: "Service Unavailable" },
  garbage: { garbage: "\u0000\u0016\u0003 this is not HTTP\r\n\r\n" },
  "cut-short": { status: 200, body: '{"status":"ok"}', truncate: 5 },
  stranger: {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Sign in to this network</title>",
  },
};
