import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { Batch } from "./batch.ts";
import { coalesce, type CoalesceOptions } from "./coalesce.ts";

/** What an export means for one of its snapshots: it has left the queue, waits again, or nobody knows whether it arrived. */
export type Fate = "left" | "waits" | "uncertain";

/** Which batches an export has, and whether an export had exactly these before. */
type Flight =
  | { readonly is: "none" }
  | { readonly is: "first" | "repeated"; readonly batches: readonly Batch[] };

const NO_FLIGHT: Flight = { is: "none" };

/**
 * What one sink has not delivered: waiting, oldest first, or in flight. Snapshots leave it only by
 * `settle` and `expire`. What an export left uncertain is kept as it was: it is next, alone, and is
 * not coalesced, so that a sink can recognise the repetition.
 */
export class DeliveryQueue {
  #waiting: readonly Batch[] = [];
  /** Of one export, the oldest there are; empty where no outcome is uncertain. */
  #uncertain: readonly Batch[] = [];
  #flight: Flight = NO_FLIGHT;
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
    for (const batches of [this.#inFlight, this.#uncertain, this.#waiting]) {
      for (const batch of batches) {
        if (batch.sequence <= sequence) count += batch.snapshots.length;
      }
    }
    return count;
  }

  add(sequence: number, snapshots: readonly MetricSnapshot[]): void {
    if (snapshots.length === 0) return;
    this.#waiting = this.#waiting.concat({ sequence, snapshots });
    this.#account(1, snapshots);
  }

  /**
   * Puts the oldest snapshots in flight: what an export left uncertain, if there is any, else at most
   * `limit` of those that wait, and none of a later batch than `upTo`.
   */
  take(limit: number, upTo: number): readonly MetricSnapshot[] {
    if (this.#uncertain.length > 0) {
      this.#flight = { is: "repeated", batches: this.#uncertain };
      this.#uncertain = [];
    } else {
      const batches = this.#takeWaiting(limit, upTo);
      this.#flight = batches.length === 0 ? NO_FLIGHT : { is: "first", batches };
    }
    return this.#inFlight.flatMap(({ snapshots }) => snapshots);
  }

  /**
   * Ends the flight. What waits again does so in its old place. What an export repeated stays uncertain
   * until it has left: that it was not taken this time says nothing about the time before.
   */
  settle(fateOf: (snapshot: MetricSnapshot, sequence: number) => Fate): void {
    const waiting: Batch[] = [];
    const uncertain: Batch[] = [];
    const isRepeated = this.#flight.is === "repeated";
    for (const { sequence, snapshots } of this.#inFlight) {
      const waits: MetricSnapshot[] = [];
      const repeats: MetricSnapshot[] = [];
      this.#account(-1, snapshots);
      for (const snapshot of snapshots) {
        const fate = fateOf(snapshot, sequence);
        if (fate === "left") continue;
        (fate === "uncertain" || isRepeated ? repeats : waits).push(snapshot);
      }
      this.#account(1, waits);
      this.#account(1, repeats);
      if (waits.length > 0) waiting.push({ sequence, snapshots: waits });
      if (repeats.length > 0) uncertain.push({ sequence, snapshots: repeats });
    }
    this.#flight = NO_FLIGHT;
    this.#uncertain = uncertain;
    this.#waiting = waiting.concat(this.#waiting);
  }

  /** Removes the snapshots that are not in flight and that a vendor is told an older time of than `time`, and hands each to `take`. */
  expire(time: number, take: (snapshot: MetricSnapshot, sequence: number) => void): void {
    const isOld = (snapshot: MetricSnapshot): boolean => timeAtVendor(snapshot) < time;
    const youngOf = (batches: readonly Batch[]): readonly Batch[] => {
      if (!batches.some(({ snapshots }) => snapshots.some(isOld))) return batches;
      return batches.flatMap(({ sequence, snapshots }) => {
        const old = snapshots.filter(isOld);
        this.#account(-1, old);
        for (const snapshot of old) take(snapshot, sequence);
        if (old.length === snapshots.length) return [];
        return [{ sequence, snapshots: snapshots.filter((each) => !isOld(each)) }];
      });
    };
    this.#uncertain = youngOf(this.#uncertain);
    this.#waiting = youngOf(this.#waiting);
  }

  /** Merges waiting windows until at most `target` snapshots are left, and returns how many fewer there are. */
  coalesce(target: number, options: Omit<CoalesceOptions, "excess">): number {
    const before = this.#snapshots;
    const merged = coalesce(this.#waiting, { ...options, excess: before - target });
    const countOf = (batches: readonly Batch[]): number =>
      batches.reduce((count, { snapshots }) => count + snapshots.length, 0);
    this.#snapshots -= countOf(this.#waiting) - countOf(merged);
    this.#waiting = merged;
    return before - this.#snapshots;
  }

  get #inFlight(): readonly Batch[] {
    return this.#flight.is === "none" ? [] : this.#flight.batches;
  }

  #takeWaiting(limit: number, upTo: number): readonly Batch[] {
    const taken: Batch[] = [];
    let next = 0;
    for (let room = limit; room > 0; next++) {
      const batch = this.#waiting[next];
      if (batch === undefined || batch.sequence > upTo) break;
      if (batch.snapshots.length > room) {
        const [first, ...rest] = piecesOf(batch, room, limit);
        if (first !== undefined) taken.push(first);
        this.#waiting = rest.concat(this.#waiting.slice(next + 1));
        return taken;
      }
      taken.push(batch);
      room -= batch.snapshots.length;
    }
    this.#waiting = this.#waiting.slice(next);
    return taken;
  }

  #account(sign: 1 | -1, snapshots: readonly MetricSnapshot[]): void {
    this.#snapshots += sign * snapshots.length;
    for (const { count } of snapshots) this.#observations += sign * count;
  }
}

/** Cuts a batch, once and for all, into one piece that fills the room and one for each further export. */
function piecesOf({ sequence, snapshots }: Batch, room: number, limit: number): readonly Batch[] {
  const pieces: Batch[] = [{ sequence, snapshots: snapshots.slice(0, room) }];
  for (let from = room; from < snapshots.length; from += limit) {
    pieces.push({ sequence, snapshots: snapshots.slice(from, from + limit) });
  }
  return pieces;
}

/** The time that a vendor is told of a snapshot: for a gauge near its window's end, else the window's start. */
function timeAtVendor({ kind, windowStart, windowEnd }: MetricSnapshot): number {
  return kind === "gauge" ? windowEnd : windowStart;
}
