import type { Dimensions } from "../contract/dimensions.ts";
import { mergeSnapshots } from "../histogram/merge-snapshots.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";

/** Snapshots of one window, or of several that were merged. Batches are in order of their sequence. */
interface Batch {
  readonly sequence: number;
  readonly snapshots: readonly MetricSnapshot[];
}

/** What one sink has not delivered: waiting, oldest first, or in flight. Nothing leaves it but by `settle` and `expire`. */
export class DeliveryQueue {
  #waiting: Batch[] = [];
  #inFlight: Batch[] = [];
  #snapshots = 0;
  #observations = 0;

  /** How many snapshots are waiting or in flight. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** How many observations they hold. */
  get observations(): number {
    return this.#observations;
  }

  /** How many snapshots of batches up to this sequence are waiting or in flight. */
  countUpTo(sequence: number): number {
    let count = 0;
    for (const batch of [...this.#inFlight, ...this.#waiting])
      if (batch.sequence <= sequence) count += batch.snapshots.length;
    return count;
  }

  add(sequence: number, snapshots: readonly MetricSnapshot[]): void {
    if (snapshots.length === 0) return;
    this.#waiting.push({ sequence, snapshots });
    this.#account(1, snapshots);
  }

  /** Puts the oldest snapshots in flight: at most `limit` of them, and none of a later batch than `upTo`. */
  take(limit: number, upTo: number): readonly MetricSnapshot[] {
    let room = limit;
    while (room > 0) {
      const [batch] = this.#waiting;
      if (batch === undefined || batch.sequence > upTo) break;
      if (batch.snapshots.length > room) this.#split(batch, room, limit);
      else {
        this.#waiting.shift();
        this.#inFlight.push(batch);
        room -= batch.snapshots.length;
      }
    }
    return this.#inFlight.flatMap((batch) => batch.snapshots);
  }

  /** Cuts the oldest batch, once and for all, into pieces: one that fills the room, then one per export. */
  #split({ sequence, snapshots }: Batch, room: number, limit: number): void {
    const pieces: Batch[] = [{ sequence, snapshots: snapshots.slice(0, room) }];
    for (let from = room; from < snapshots.length; from += limit) {
      pieces.push({ sequence, snapshots: snapshots.slice(from, from + limit) });
    }
    this.#waiting = pieces.concat(this.#waiting.slice(1));
  }

  /** Ends the flight: what `isRetried` says yes to waits again, in its old place; the rest has left. */
  settle(isRetried: (snapshot: MetricSnapshot, sequence: number) => boolean): void {
    const returned: Batch[] = [];
    for (const { sequence, snapshots } of this.#inFlight) {
      const retried = snapshots.filter((snapshot) => isRetried(snapshot, sequence));
      this.#account(-1, snapshots);
      this.#account(1, retried);
      if (retried.length > 0) returned.push({ sequence, snapshots: retried });
    }
    this.#inFlight = [];
    this.#waiting = returned.concat(this.#waiting);
  }

  /** Removes the waiting snapshots that are stamped before `time`, and hands each to `take`. */
  expire(time: number, take: (snapshot: MetricSnapshot, sequence: number) => void): void {
    const isOld = (snapshot: MetricSnapshot): boolean => stampOf(snapshot) < time;
    if (!this.#waiting.some(({ snapshots }) => snapshots.some(isOld))) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { sequence, snapshots } of waiting) {
      this.#account(-1, snapshots);
      for (const snapshot of snapshots) if (isOld(snapshot)) take(snapshot, sequence);
      this.add(
        sequence,
        snapshots.filter((snapshot) => !isOld(snapshot)),
      );
    }
  }

  /**
   * Merges waiting windows, the oldest first, until at most `target` snapshots are left: series by
   * series within spans that are aligned to multiples of their length, at first `spanMs` and twice
   * as long each time that this was not enough, up to `longestSpanMs`. Counts and sums stay; only
   * the resolution in time gets coarser. No merging joins a batch up to one of the sequences in
   * `borders` with a later one. Returns how many snapshots fewer there are.
   */
  coalesce(
    target: number,
    spanMs: number,
    longestSpanMs: number,
    borders: readonly number[],
  ): number {
    const before = this.#snapshots;
    const oldest = this.#waiting.reduce(
      (time, { snapshots }) => Math.min(time, snapshots[0]?.windowStart ?? time),
      Infinity,
    );
    const newest = this.#waiting.reduce(
      (time, { snapshots }) => Math.max(time, snapshots[0]?.windowStart ?? time),
      -Infinity,
    );
    const enough = Math.min(longestSpanMs, (newest - oldest + 1) * 2);
    for (let span = spanMs; span <= enough && this.#snapshots > target; span *= 2)
      this.#mergeBySpan(target, span, borders);
    return before - this.#snapshots;
  }

  #mergeBySpan(target: number, spanMs: number, borders: readonly number[]): void {
    const batches = this.#waiting;
    const kept: Batch[] = [];
    for (let first = 0; first < batches.length;) {
      let next = first + 1;
      while (next < batches.length && mayMerge(batches[first], batches[next], spanMs, borders))
        next++;
      const group = batches.slice(first, next);
      if (group.length > 1 && this.#snapshots > target) {
        const snapshots = mergeBySeries(group.flatMap((batch) => batch.snapshots));
        this.#snapshots -=
          group.reduce((count, batch) => count + batch.snapshots.length, 0) - snapshots.length;
        kept.push({ sequence: Math.max(...group.map((batch) => batch.sequence)), snapshots });
      } else {
        kept.push(...group);
      }
      first = next;
    }
    this.#waiting = kept;
  }

  #account(sign: 1 | -1, snapshots: readonly MetricSnapshot[]): void {
    this.#snapshots += sign * snapshots.length;
    this.#observations += sign * observationsIn(snapshots);
  }
}

/** How many observations the snapshots hold together. */
function observationsIn(snapshots: readonly MetricSnapshot[]): number {
  return snapshots.reduce((total, { count }) => total + count, 0);
}

/** The time that a vendor is told: gauges are stamped near their window's end, the rest at its start. */
function stampOf({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return kind === "gauge" ? windowEnd : windowStart;
}

function mayMerge(
  first: Batch | undefined,
  next: Batch | undefined,
  spanMs: number,
  borders: readonly number[],
): boolean {
  if (first === undefined || next === undefined) return false;
  return (
    spanOf(first, spanMs) === spanOf(next, spanMs) &&
    !borders.some((border) => first.sequence <= border && next.sequence > border)
  );
}

function spanOf({ snapshots }: Batch, spanMs: number): number {
  return Math.floor((snapshots[0]?.windowStart ?? 0) / spanMs);
}

function mergeBySeries(snapshots: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
  const merged = new Map<string, MetricSnapshot>();
  for (const snapshot of snapshots) {
    let key = seriesKey(snapshot);
    let known = merged.get(key);
    // A sum that would be infinite, and so wrong, begins a snapshot of its own.
    while (known !== undefined && !Number.isFinite(known.sum + snapshot.sum)) {
      key += "+";
      known = merged.get(key);
    }
    merged.set(key, known === undefined ? snapshot : mergeSnapshots(known, snapshot));
  }
  return [...merged.values()];
}

const dimensionKeys = new WeakMap<Dimensions, string>();

/** Equal for two snapshots of one series and for no others: every part carries its length or is JSON. */
function seriesKey({ name, kind, unit, dimensions, overflow }: MetricSnapshot): string {
  let dimensionKey = dimensionKeys.get(dimensions);
  if (dimensionKey === undefined) {
    dimensionKey = JSON.stringify(dimensions);
    dimensionKeys.set(dimensions, dimensionKey);
  }
  return `${kind}${overflow === true ? "+" : ""}${name.length}:${name}${unit.length}:${unit}${dimensionKey}`;
}
