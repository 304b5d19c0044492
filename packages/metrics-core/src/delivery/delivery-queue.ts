import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import { type Batch, batchOf, sizeOf, timeAtVendor } from "./batch.ts";
import type { Coalescible, Replacement } from "./coalesce.ts";

/**
 * What an export means for one of its snapshots here: it leaves the queue, it waits for another export,
 * or nobody knows whether it arrived.
 */
export type Remaining = "left" | "waits" | "uncertain";

/**
 * The batches of the export under way. "repeated" means that an earlier export had them too, and
 * nobody knows whether they arrived.
 */
type Flight =
  | { readonly is: "none" }
  | { readonly is: "first" | "repeated"; readonly batches: readonly Batch[] };

const NO_FLIGHT: Flight = { is: "none" };

/**
 * The snapshots that one sink has not delivered. They wait, oldest first, or are in flight. They
 * leave the queue only by `settle` and `expire`. If an export left snapshots uncertain, the next
 * export has these and no others, and they are not coalesced. So a sink can recognise the
 * repetition.
 */
export class DeliveryQueue implements Coalescible {
  #waiting: Batch[] = [];
  /** What the last export left uncertain. These are older than all that wait. */
  #uncertain: Batch[] = [];
  #flight: Flight = NO_FLIGHT;
  #snapshots = 0;
  #observations = 0;
  #coalesced = 0;

  /** How many snapshots are waiting or in flight. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** By how many snapshots {@link replace} has shrunk the queue. */
  get coalesced(): number {
    return this.#coalesced;
  }

  /** The batches that wait, oldest first; those that were uncertain or are in flight are not among them. */
  get waiting(): readonly Batch[] {
    return this.#waiting;
  }

  /** How many observations these snapshots contain. */
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

  add(batch: Batch): void {
    if (batch.snapshots.length === 0) return;
    this.#waiting.push(batch);
    this.#account(1, batch);
  }

  /**
   * Puts the oldest snapshots in flight, and returns them. If an export left snapshots uncertain,
   * it takes these. Otherwise it takes at most `limit` of those that wait, and none from a batch
   * after `upTo`.
   */
  take(limit: number, upTo: number): readonly MetricSnapshot[] {
    if (this.#uncertain.length > 0) {
      this.#flight = { is: "repeated", batches: this.#uncertain };
      this.#uncertain = [];
    } else {
      const batches = this.#takeWaiting(limit, upTo);
      this.#flight = batches.length === 0 ? NO_FLIGHT : { is: "first", batches };
    }
    const [only] = this.#inFlight;
    if (only !== undefined && this.#inFlight.length === 1) return only.snapshots;
    return this.#inFlight.flatMap(({ snapshots }) => snapshots);
  }

  /** Ends the flight: all of it leaves. Returns what that is. */
  leave(): readonly Batch[] {
    const left = this.#inFlight;
    for (const batch of left) this.#account(-1, batch);
    this.#flight = NO_FLIGHT;
    return left;
  }

  /** How many snapshots are in flight. */
  get flying(): number {
    return sizeOf(this.#inFlight);
  }

  /** Ends the flight: all of it waits again, in its old place. Returns what that is. */
  stay(how: "waits" | "uncertain"): readonly Batch[] {
    const batches = this.#inFlight;
    if (how === "uncertain" || this.#flight.is === "repeated") this.#uncertain = [...batches];
    else this.#waiting = batches.concat(this.#waiting);
    this.#flight = NO_FLIGHT;
    return batches;
  }

  /**
   * Ends the flight. A snapshot that waits again gets its old place back. A snapshot of a repeated
   * export stays uncertain until it leaves: if this export did not deliver it, an earlier one still
   * may have. Positions are those in the export.
   */
  settle(howOf: (snapshot: MetricSnapshot, sequence: number, position: number) => Remaining): void {
    let position = 0;
    const waiting: Batch[] = [];
    const uncertain: Batch[] = [];
    const isRepeated = this.#flight.is === "repeated";
    const keep = (kept: Batch, batches: Batch[]): void => {
      if (kept.snapshots.length === 0) return;
      this.#account(1, kept);
      batches.push(kept);
    };
    for (const batch of this.#inFlight) {
      const { sequence, snapshots } = batch;
      const waits: MetricSnapshot[] = [];
      const repeats: MetricSnapshot[] = [];
      this.#account(-1, batch);
      for (const snapshot of snapshots) {
        const how = howOf(snapshot, sequence, position++);
        if (how === "left") continue;
        (how === "uncertain" || isRepeated ? repeats : waits).push(snapshot);
      }
      keep(batchOf(sequence, waits), waiting);
      keep(batchOf(sequence, repeats), uncertain);
    }
    this.#flight = NO_FLIGHT;
    this.#uncertain = uncertain;
    this.#waiting = waiting.concat(this.#waiting);
  }

  /**
   * Removes the snapshots whose time at the vendor is before `time`, and calls `take` with those of each
   * batch. Snapshots in flight stay.
   */
  expire(time: number, take: (old: Batch) => void): void {
    const isOld = (snapshot: MetricSnapshot): boolean => timeAtVendor(snapshot) < time;
    const youngOf = (batches: Batch[]): Batch[] => {
      if (!batches.some(({ oldest }) => oldest < time)) return batches;
      return batches.flatMap((batch) => {
        if (batch.oldest >= time) return [batch];
        const { sequence, snapshots } = batch;
        const old = batchOf(sequence, snapshots.filter(isOld));
        this.#account(-1, old);
        take(old);
        const young = snapshots.filter((each) => !isOld(each));
        return young.length === 0 ? [] : [batchOf(sequence, young)];
      });
    };
    this.#uncertain = youngOf(this.#uncertain);
    this.#waiting = youngOf(this.#waiting);
  }

  /** Replaces groups of waiting batches by what they were merged into, unless one was taken or has expired meanwhile. */
  replace(replacements: readonly Replacement[]): void {
    const byFirst = new Map(replacements.map((each) => [each.group[0], each]));
    const waiting: Batch[] = [];
    let position = 0;
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[position]) {
      const found = byFirst.get(batch);
      const start = position;
      const isThere = found?.group.every((each, i) => each === this.#waiting[start + i]) ?? false;
      if (found !== undefined && isThere) {
        waiting.push(...found.merged);
        position += found.group.length;
        const saved = sizeOf(found.group) - sizeOf(found.merged);
        this.#coalesced += saved;
        this.#snapshots -= saved;
      } else {
        waiting.push(batch);
        position++;
      }
    }
    this.#waiting = waiting;
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

  #account(sign: 1 | -1, { snapshots, observations }: Batch): void {
    this.#snapshots += sign * snapshots.length;
    this.#observations += sign * observations;
  }
}

/**
 * Cuts a batch into a piece that fills the room and one piece for each further export. The whole
 * batch is cut at once, so that each export need not copy the rest of it.
 */
function piecesOf({ sequence, snapshots }: Batch, room: number, limit: number): readonly Batch[] {
  const pieces: Batch[] = [batchOf(sequence, snapshots.slice(0, room))];
  for (let from = room; from < snapshots.length; from += limit) {
    pieces.push(batchOf(sequence, snapshots.slice(from, from + limit)));
  }
  return pieces;
}
