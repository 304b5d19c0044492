import type { IntakeAnswer } from "@aiokpl/sink-testkit";
import type { Chance } from "./chance.ts";

/** How a vendor's answer goes wrong. */
export type Fault =
  | "refuse"
  | "reset"
  | "hang"
  | "delay"
  | "throttle"
  | "client error"
  | "server error"
  | "garbage"
  | "stranger"
  | "truncate"
  | "drip";

/** The share of answers that have a fault. */
const FAULTY = 1 / 3;

/** Returns the fault of one answer, or undefined for a good one. */
export function drawFault(chance: Chance): Fault | undefined {
  if (!chance.is(FAULTY)) return undefined;
  return chance.one<Fault>(
    "refuse",
    "reset",
    "hang",
    "delay",
    "throttle",
    "client error",
    "server error",
    "garbage",
    "stranger",
    "truncate",
    "drip",
  );
}

/** Whether a vendor that answers like this has stored the request: always, never, or unknown from the answer. */
export function isStored(fault: Fault | undefined, chance: Chance): boolean {
  switch (fault) {
    case undefined:
    case "delay":
    case "drip":
      return true;
    case "throttle":
    case "client error":
    case "server error":
      return false;
    default:
      return chance.is(0.5);
  }
}

/** What the server sends; `body` is the good answer. */
export function answerWith(fault: Fault | undefined, body: string, chance: Chance): IntakeAnswer {
  const good: IntakeAnswer = { status: chance.one(200, 202), body };
  switch (fault) {
    case undefined:
      return good;
    case "reset":
      return { ...good, reset: chance.one("before", "after-headers", "mid-body") };
    // A vendor that refuses new connections for a while does not answer on open ones either.
    case "refuse":
    case "hang":
      return { hang: true };
    case "delay":
      return { ...good, delayMs: chance.whole(20, 500) };
    case "throttle":
      return { status: 429, headers: patience(chance) };
    case "client error":
      return { status: chance.one(400, 403, 413), body: "not like this" };
    case "server error":
      return { status: chance.one(500, 502, 503), body: "<h1>sorry</h1>" };
    case "garbage":
      return { garbage: "220 mail.example ESMTP\r\n" };
    case "stranger":
      return { status: 200, body: "<html>Please log in to the network</html>" };
    case "truncate":
      return { ...good, truncate: chance.whole(0, body.length - 1) };
    case "drip":
      return {
        ...good,
        drip: { bytes: Math.ceil(body.length / 10), everyMs: chance.whole(1, 40) },
      };
  }
}

function patience(chance: Chance): Readonly<Record<string, string>> {
  return chance.one<Readonly<Record<string, string>>>(
    {},
    { "retry-after": chance.one("0", "1") },
    { "retry-after-ms": String(chance.whole(1, 400)) },
  );
}
