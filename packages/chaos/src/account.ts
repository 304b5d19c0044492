import { startIntakeServer } from "@aiokpl/sink-testkit";
import type { Chance } from "./chance.ts";
import { answerWith, drawFault, isStored } from "./fault.ts";

/** An account at a vendor on 127.0.0.1 where the last write to a second of a series wins, as at Datadog. */
export interface Account {
  readonly url: string;
  /** The sum of what it shows of this metric, over all series and seconds. */
  shown(metric: string): number;
  readonly requests: number;
  readonly faults: number;
  close(): Promise<void>;
}

interface Write {
  readonly metric: string;
  readonly tags?: readonly string[];
  readonly points: readonly (readonly [second: number, value: number])[];
}

/** Starts an account that misbehaves in a third of its answers. */
export async function startAccount(chance: Chance): Promise<Account> {
  const shown = new Map<string, { readonly metric: string; readonly value: number }>();
  let requests = 0;
  let faults = 0;
  const intake = await startIntakeServer({
    script: ({ text }) => {
      requests++;
      const fault = drawFault(chance);
      if (fault !== undefined) faults++;
      const answer = answerWith(fault, '{"status":"ok"}', chance);
      // Whoever sees the status knows that it is stored, even if the rest of the answer is missing.
      const hasStatus = "truncate" in answer || ("reset" in answer && answer.reset !== "before");
      if (hasStatus || isStored(fault, chance)) store(text);
      return answer;
    },
  });

  function store(text: string): void {
    const { series }: { series: readonly Write[] } = JSON.parse(text);
    for (const { metric, tags = [], points } of series)
      for (const [second, value] of points)
        shown.set(JSON.stringify([metric, tags.toSorted(), second]), { metric, value });
  }

  return {
    url: intake.url,
    shown: (name) =>
      [...shown.values()].reduce(
        (sum, { metric, value }) => sum + (metric === name ? value : 0),
        0,
      ),
    get requests() {
      return requests;
    },
    get faults() {
      return faults;
    },
    close: () => intake.close(),
  };
}
