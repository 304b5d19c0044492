import type { Presence } from "./presence.ts";

/**
 * Presences in the order in which they were last in use. Each is in one order at most, and knows its
 * neighbours there, so no call takes longer when there are many.
 */
export class PresenceOrder {
  #oldest: Presence | undefined;
  #newest: Presence | undefined;

  /** The one that was longest not in use. */
  get oldest(): Presence | undefined {
    return this.#oldest;
  }

  /** Makes it the one that was in use last, in this order and no other. */
  touch(presence: Presence): void {
    if (presence === this.#newest) return;
    presence.order?.remove(presence);
    presence.order = this;
    presence.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = presence;
    else this.#newest.newer = presence;
    this.#newest = presence;
  }

  /** Removes one that is in this order. */
  remove(presence: Presence): void {
    const { older, newer } = presence;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    presence.order = presence.older = presence.newer = undefined;
  }
}
