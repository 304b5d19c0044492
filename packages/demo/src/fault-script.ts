import { seededRandom } from "./seeded-random.ts";

/** What the endpoint does with one request. */
export interface Fate {
  /**
   * - `answer`: HTTP 200, except for the records of throttled shards.
   * - `fail`: HTTP 500 with `InternalFailure`; nothing is stored.
   * - `reset`: the connection is reset; nothing is stored.
   */
  readonly kind: "answer" | "fail" | "reset";
  /** Milliseconds from the request to the answer. */
  readonly latencyMs: number;
  /** Indices of the shards that are over their limit at this moment. */
  readonly throttledShards: ReadonlySet<number>;
}

/** A phase in which requests behave in one way. */
interface Spell {
  /** The fewest and the most requests in the phase. */
  readonly requests: readonly [fewest: number, most: number];
  readonly latencyMs: readonly [least: number, most: number];
  /** Probability that the request fails as a whole, and that it does so by a reset. */
  readonly fail?: number;
  readonly reset?: number;
  /** Probability that the phase's hot shard is throttled. */
  readonly throttle?: number;
}

const CALM: Spell = { requests: [6, 12], latencyMs: [4, 25] };

/** The script repeats these phases for ever. Each repetition has every phase once, in a random order, with a calm phase in between. */
const STORMS: readonly Spell[] = [
  { requests: [10, 16], latencyMs: [8, 40], throttle: 0.85 },
  { requests: [4, 8], latencyMs: [150, 450] },
  { requests: [2, 4], latencyMs: [2, 10], fail: 0.8 },
  { requests: [2, 4], latencyMs: [2, 10], reset: 0.8 },
];

const NO_SHARDS: ReadonlySet<number> = new Set();

/**
 * Returns an endless script that says what happens to the 1st, 2nd, 3rd … request. It depends only on
 * the seed, and not on the content or the time of the requests.
 */
export function* faultScript(seed: number, shards: number): Generator<Fate, never, void> {
  const random = seededRandom(seed);
  const between = ([least, most]: readonly [number, number]): number =>
    least + random() * (most - least);
  for (;;) {
    for (const storm of shuffled(STORMS, random)) {
      for (const spell of [CALM, storm]) {
        const hotShard = new Set([Math.floor(random() * shards)]);
        for (let left = Math.round(between(spell.requests)); left > 0; left--) {
          const draw = random();
          const kind =
            draw < (spell.fail ?? 0) ? "fail" : draw < (spell.reset ?? 0) ? "reset" : "answer";
          const throttledShards = draw < (spell.throttle ?? 0) ? hotShard : NO_SHARDS;
          yield { kind, latencyMs: between(spell.latencyMs), throttledShards };
        }
      }
    }
  }
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
