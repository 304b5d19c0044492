/** How many series the rows of the hot path rotate through; a power of two. */
export const SERIES = 64;

/** The workloads repeat after this many operations; a power of two. */
export const CYCLE = 16_384;

/** What comes after the metric's name in a call, for series `i` of {@link SERIES}. */
export const streams: readonly string[] = Array.from({ length: 8 }, (_, i) => `orders-${i}`);
export const shards: readonly string[] = Array.from(
  { length: 8 },
  (_, i) => `shardId-00000000000${i}`,
);

/** The dimensions of the series in rotation, for handles that are bound to them. */
export const dimensionsInRotation: readonly { readonly stream: string; readonly shard: string }[] =
  Array.from({ length: SERIES }, (_, i) => ({
    stream: streams[i & 7] ?? "",
    shard: shards[(i >> 3) & 7] ?? "",
  }));

/**
 * Latencies in milliseconds, log-normal with a median of 20 and a sigma of 1, the same in every run.
 * Multiples of 1/1024, so that sums are exact in any order and can be checked for equality.
 */
export const latencies: Float64Array = Float64Array.from(
  logNormal(CYCLE, 20, 1),
  (value) => Math.max(1, Math.round(value * 1024)) / 1024,
);

/** The sum of a cycle of {@link latencies}. */
export const latencySum: number = latencies.reduce((sum, value) => sum + value, 0);

/** Box–Muller on a linear congruential generator (Numerical Recipes' constants). */
function* logNormal(length: number, middle: number, sigma: number): Generator<number> {
  let state = 42;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  for (let i = 0; i < length; i++) {
    yield (
      middle * Math.exp(sigma * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()))
    );
  }
}
