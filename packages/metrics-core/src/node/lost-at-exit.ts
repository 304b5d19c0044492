import { numberOf } from "../problems/number-of.ts";

/** The methods of a manager that say what it has not delivered. Any of them may be missing. */
export interface Holding {
  /** The open window so far. */
  snapshots?(): readonly { readonly count: number }[];
  /** What is pending for each sink. */
  stats?(): {
    readonly accepted?: number;
    readonly sinks: readonly {
      readonly name: string;
      readonly pending: { readonly observations: number };
    }[];
  };
}

/**
 * Returns one line that says what is lost when the process ends, and how to avoid that. Returns
 * undefined if nothing is lost. Never throws.
 */
export function lostAtExit(manager: Holding): string | undefined {
  try {
    const accepted = manager.stats?.().accepted ?? 0;
    const inWindow = (manager.snapshots?.() ?? []).reduce((total, { count }) => total + count, 0);
    // Reading the window has read the observers, and nobody misses what they have added just now.
    const open = inWindow - ((manager.stats?.().accepted ?? 0) - accepted);
    const waiting = (manager.stats?.().sinks ?? [])
      .map(({ name, pending }) => ({ name, observations: pending.observations }))
      .filter(({ observations }) => observations > 0);
    const parts = [
      ...(open > 0 ? [`${numberOf(open, "observation")} of the open window`] : []),
      ...waiting.map(
        ({ name, observations }) =>
          `${numberOf(observations, "observation")} waiting for sink ${JSON.stringify(name)}`,
      ),
    ];
    if (parts.length === 0) return undefined;
    return `@aiokpl/metrics: the process ends and loses ${parts.join(", and ")}. Await close() before process.exit(). To deliver after an uncaught error, call close() in a handler for it.`;
  } catch {
    return undefined;
  }
}
