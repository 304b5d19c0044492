import { numberOf } from "../problems/number-of.ts";

/** What a manager tells about what it still holds; any part may be missing. */
export interface Holding {
  /** The open window so far. */
  snapshots?(): readonly { readonly count: number }[];
  /** Of each sink, what waits for it. */
  stats?(): {
    readonly sinks: readonly {
      readonly name: string;
      readonly pending: { readonly observations: number };
    }[];
  };
}

/**
 * One line on what the end of the process loses, and what to do about it; undefined where nothing is
 * lost. Never throws.
 */
export function lostAtExit(manager: Holding): string | undefined {
  try {
    const open = (manager.snapshots?.() ?? []).reduce((total, { count }) => total + count, 0);
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
    return `@aiokpl/metrics: the process ends and loses ${parts.join(", and ")}. Await close() before process.exit(); after an uncaught error call close() in a handler of it.`;
  } catch {
    return undefined;
  }
}
