import type { MetricSnapshot } from "@aiokpl/metrics-core";

/**
 * The deltas that an exporter accepted only after the wait for its answer had ended. The manager
 * offers them again, and sending them again would count them twice. They are recognised by what they
 * are, since the manager may have merged its copies meanwhile: such a merged delta is sent.
 */
export class TakenLate {
  /** How many equal deltas were accepted. */
  readonly #counts = new Map<string, number>();

  add(snapshots: readonly MetricSnapshot[]): void {
    for (const snapshot of snapshots) {
      const key = keyOfDelta(snapshot);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  /** Returns the snapshots that were not accepted yet, and forgets all others. */
  takeOut(snapshots: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
    if (this.#counts.size === 0) return snapshots;
    const left = snapshots.filter((snapshot) => {
      const key = keyOfDelta(snapshot);
      const accepted = this.#counts.get(key) ?? 0;
      if (accepted > 0) this.#counts.set(key, accepted - 1);
      return accepted === 0;
    });
    this.#counts.clear();
    return left;
  }
}

function keyOfDelta(snapshot: MetricSnapshot): string {
  const { name, dimensions, overflow, windowStart, windowEnd, count, sum } = snapshot;
  return JSON.stringify([name, dimensions, overflow, windowStart, windowEnd, count, sum]);
}
