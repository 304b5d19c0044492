import { MAX_BUCKETS, MOST_MAX_BUCKETS } from "./bucket-index.ts";
import { Buckets } from "./buckets.ts";

/** A page is 20 kB, so that one distribution does not cost much and many take few pages. */
const PAGE_COUNTERS = 10_240;

/** The blocks of one size, each of which the same metric's other series, and other metrics, may use later. */
interface Pool {
  readonly size: number;
  /** Buckets that were given back, cleared, each still with its block. */
  readonly free: Buckets[];
  page: Uint16Array;
  pageEnd: number;
}

/** By size. A side takes a larger block when its values need it. */
const pools: readonly Pool[] = /* @__PURE__ */ [
  MAX_BUCKETS,
  2 * MAX_BUCKETS,
  4 * MAX_BUCKETS,
  8 * MAX_BUCKETS,
  MOST_MAX_BUCKETS,
].map((size) => ({ size, free: [], page: new Uint16Array(0), pageEnd: 0 }));

/** Empty buckets with at least so many counters, at most 2,048, from those given back if there are any. */
export function acquireBuckets(counters: number): Buckets {
  const pool = poolOf(counters);
  const { size, free } = pool;
  const reused = free.pop();
  if (reused !== undefined) return reused;
  if (pool.pageEnd + size > pool.page.length) {
    pool.page = new Uint16Array(PAGE_COUNTERS - (PAGE_COUNTERS % size));
    pool.pageEnd = 0;
  }
  pool.pageEnd += size;
  return new Buckets(pool.page, pool.pageEnd - size, size);
}

/** Gives buckets back, which their owner must not use any more. Their memory stays with the process. */
export function releaseBuckets(buckets: Buckets): void {
  buckets.clear();
  poolOf(buckets.size).free.push(buckets);
}

function poolOf(counters: number): Pool {
  const pool = pools.find(({ size }) => size >= counters);
  if (pool === undefined) throw new RangeError(`no block has ${counters} counters`);
  return pool;
}
