import { unlessAborted } from "@aiokpl/metrics-core/sink";
import { UnansweredError } from "../client/failure.ts";

/**
 * The end of the last request to each account that is under way or waits. Copies of this package
 * share it: a copy that changes its form must change the number in {@link SHARED}.
 */
type Turns = Map<string, Promise<void>>;

const SHARED = Symbol.for("@aiokpl/sink-datadog: turns, version 1");

function sharedTurns(): Turns {
  const shared: Turns | undefined = Reflect.get(globalThis, SHARED);
  if (shared !== undefined) return shared;
  const turns: Turns = new Map();
  Object.defineProperty(globalThis, SHARED, { value: turns });
  return turns;
}

/**
 * Calls a function when no other sink of this process has a request to the account under way. Two
 * requests at once could write the same second, each without what the other one adds.
 *
 * @throws UnansweredError where the signal aborts before the turn comes, and what the function throws
 */
export async function inTurn<T>(
  account: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  const turns = sharedTurns();
  const before = turns.get(account);
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const last = before === undefined ? ended : before.then(() => ended);
  turns.set(account, last);
  try {
    if (before !== undefined) await unlessAborted(before, signal).catch(stopped);
    return await call();
  } finally {
    end();
    if (turns.get(account) === last) turns.delete(account);
  }
}

function stopped(): never {
  throw new UnansweredError("stopped while another request to Datadog was under way", {
    wasSent: false,
  });
}
