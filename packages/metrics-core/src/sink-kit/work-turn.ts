/** After this many milliseconds of work, others get their turn. */
const LONGEST_MS = 4;

// These are saved when this module is loaded, so that fake timers of a test can't stop an export.
const host = /* @__PURE__ */ takeFromHost();

/**
 * Divides long work into turns of the event loop, so that a request of the program does not have to wait
 * for all of it:
 *
 * ```ts
 * const turn = new WorkTurn();
 * for (const each of all) {
 *   work(each);
 *   if (turn.isOver) await turn.next();
 * }
 * ```
 */
export class WorkTurn {
  #endsAt: number = host.now() + LONGEST_MS;

  /** Whether the work of this turn has taken 4 ms or more. What happens between two looks should be short. */
  get isOver(): boolean {
    return host.now() >= this.#endsAt;
  }

  /** Resolves in a later turn, when all that was due by then has run. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => host.defer(resolve));
    this.#endsAt = host.now() + LONGEST_MS;
  }
}

interface SavedHost {
  now(): number;
  defer(callback: () => void): void;
}

function takeFromHost(): SavedHost {
  const { setImmediate, setTimeout } = globalThis as {
    readonly setImmediate?: (callback: () => void) => unknown;
    readonly setTimeout: (callback: () => void, delayMs: number) => unknown;
  };
  return {
    now: performance.now.bind(performance),
    defer:
      setImmediate === undefined
        ? (callback) => void setTimeout.call(globalThis, callback, 0)
        : (callback) => void setImmediate(callback),
  };
}
