// The process of one contender. It sets up the contender, and does one round for each message from the parent.
import type { ContenderMessage, ContenderRequest } from "./contender-messages.ts";
import type { Round } from "./row.ts";
import { rows } from "./rows.ts";

const request: ContenderRequest = JSON.parse(process.argv[2] ?? "{}");

try {
  const round = await setUp();
  process.on("message", () => void answer(round));
  send({ kind: "ready" });
} catch (error) {
  fail(error);
}

async function setUp(): Promise<Round> {
  const contender = rows.find(({ number }) => number === request.row)?.contenders[
    request.contender
  ];
  if (contender === undefined)
    throw new Error(`there is no contender "${request.contender}" in row ${request.row}`);
  return contender(request.settings);
}

async function answer(round: Round): Promise<void> {
  try {
    send({ kind: "measures", measures: await round() });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  send({ kind: "failed", message: String(error) });
  process.exitCode = 1;
  process.removeAllListeners("message");
  process.disconnect();
}

function send(message: ContenderMessage): void {
  process.send?.(message);
}
