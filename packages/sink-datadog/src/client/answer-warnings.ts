import type { DatadogClient } from "./datadog-client.ts";
import type { Taken } from "./http-api.ts";

/** A clock that differs from Datadog's by more than this is reported. */
const MAX_CLOCK_OFFSET_MS = 60_000;

/** Most different things that are shown of what Datadog says, so that other warnings are not lost among them. */
const MAX_SAID = 100;

/** Where warnings go, and the clock that Datadog's is compared with. */
export interface AnswerWarnings {
  readonly warn: (message: string) => void;
  /** Returns the time by which windows are stamped, in epoch milliseconds. */
  readonly now: () => number;
}

/** Returns a client that also warns of what Datadog says in the answer to a request that it took. */
export function withAnswerWarnings(
  client: DatadogClient,
  { warn, now }: AnswerWarnings,
): DatadogClient {
  const said = new Set<string>();
  const read = (taken: Taken): Taken => {
    for (const error of taken.errors) {
      if (said.has(error)) continue;
      if (said.size >= MAX_SAID) warn("Datadog says more of the requests it took; it is not shown");
      else {
        said.add(error);
        warn(`Datadog took a request and said: ${error}`);
      }
    }
    if (taken.date !== undefined && Math.abs(taken.date - now()) > MAX_CLOCK_OFFSET_MS)
      warn(
        "this machine's clock differs from Datadog's by more than a minute; Datadog drops points that are over an hour old or ten minutes ahead",
      );
    return taken;
  };
  return {
    submitSeries: async (body, signal) => read(await client.submitSeries(body, signal)),
    submitDistributions: async (body, signal) =>
      read(await client.submitDistributions(body, signal)),
  };
}
