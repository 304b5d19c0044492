/** The number of series in the rows on memory and on closing a window. */
export const MANY_SERIES = 100_000;

/** The same in a short run. */
export const MANY_SERIES_SHORT = 5_000;

/** How many values the second dimension has. With 316 values of the first there are enough pairs for {@link MANY_SERIES}. */
const SHARDS = 317;

/** Calls `visit` with the dimensions of `count` series of two dimensions each. */
export function forEachSeries(
  count: number,
  visit: (stream: string, shard: string, i: number) => void,
): void {
  const streams = Array.from({ length: Math.ceil(count / SHARDS) }, (_, i) => `orders-${i}`);
  const shards = Array.from({ length: SHARDS }, (_, i) => `shardId-${String(i).padStart(12, "0")}`);
  for (let i = 0; i < count; i++)
    visit(streams[Math.floor(i / SHARDS)] ?? "", shards[i % SHARDS] ?? "", i);
}
