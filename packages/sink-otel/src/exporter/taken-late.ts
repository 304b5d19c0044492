import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { inTurns, type Turn } from "../turns/in-turns.ts";

/**
 * The deltas that an exporter accepted only after the wait for its answer had ended. The manager
 * offers them again, and sending them again would count them twice. They are recognised by what they
 * are, since the manager may have merged its copies meanwhile: such a merged delta is sent.
 */
export class TakenLate {
  /** How many equal deltas were accepted. */
  #counts = new Map<string, number>();

  add(snapshots: readonly MetricSnapshot[]): void {
    for (const snapshot of snapshots) this.#count(keyOfDelta(snapshot), 1);
  }

  /**
   * Returns the snapshots that were not accepted yet, and forgets all others. It takes several turns.
   *
   * @throws the signal's reason if it aborts; then nothing is forgotten
   */
  async takeOut(
    snapshots: readonly MetricSnapshot[],
    turn: Turn,
    signal: AbortSignal,
  ): Promise<readonly MetricSnapshot[]> {
    const accepted = this.#counts;
    if (accepted.size === 0) return snapshots;
    this.#counts = new Map();
    const unused = new Map(accepted);
    const left: MetricSnapshot[] = [];
    const sort = (snapshot: MetricSnapshot): void => {
      const key = keyOfDelta(snapshot);
      const count = unused.get(key) ?? 0;
      if (count > 0) unused.set(key, count - 1);
      else left.push(snapshot);
    };
    try {
      await inTurns(snapshots, sort, turn, signal);
    } catch (error) {
      for (const [key, count] of accepted) this.#count(key, count);
      throw error;
    }
    return left;
  }

  #count(key: string, more: number): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + more);
  }
}

function keyOfDelta(snapshot: MetricSnapshot): string {
  const { name, dimensions, overflow, windowStart, windowEnd, count, sum } = snapshot;
  return JSON.stringify([name, dimensions, overflow, windowStart, windowEnd, count, sum]);
}
