/** The finest resolution that is recorded: 1,024 buckets between two powers of two. */
export const MAX_SCALE = 10;

/** At this scale all finite doubles fall into 132 buckets, so none coarser is needed. */
export const MIN_SCALE = -4;

/** Most buckets on one side of a histogram, unless its metric says otherwise; OpenTelemetry's default. */
export const MAX_BUCKETS = 160;

/** What a metric may say. With fewer, the scale that all doubles need would be below −4, which Prometheus does not take. */
export const LEAST_MAX_BUCKETS = 132;
export const MOST_MAX_BUCKETS = 2_048;

const floats = new Float64Array([1]);
const words = new Uint32Array(floats.buffer);
/** Where `words` has the sign, the exponent and the upper 20 bits of the mantissa, whatever the host's byte order. */
const HIGH = words[0] === 0 ? 1 : 0;
const LOW = 1 - HIGH;

/** `BOUNDARY_HIGH[j]` and `BOUNDARY_LOW[j]`: mantissa of 2^(j/1024), cut off after 20 + 32 bits. */
const BOUNDARY_HIGH = new Uint32Array(1025);
const BOUNDARY_LOW = new Uint32Array(1025);
/**
 * For each value of a mantissa's upper 11 bits, what is needed to place it: 22 bits with the index of
 * the bucket at the start of the cell (where the biased exponent is 0), then 10 with the next 9 bits of the boundary in the
 * cell, or 512 where it has none. A cell is 0.00049 wide and boundaries are at least 0.00067 apart.
 */
const CELLS = new Int32Array(2048);
/** What a double's exponent is biased by, in buckets. */
const BIAS = 1023 * 1024;
fillTables();

/**
 * The index at scale 10 of the bucket `(base^i, base^(i + 1)]` that holds a value of this
 * magnitude: exact for every finite number above zero, subnormal ones included. At a lower scale the
 * index is this one shifted right by `10 - scale`.
 *
 * A boundary that is no power of two is irrational, so a mantissa exceeds it just when it exceeds
 * its first 52 bits; for a power of two the same comparison makes the upper bound inclusive.
 *
 * @param magnitude finite and not zero; its sign is ignored
 */
export function indexAtMaxScale(magnitude: number): number {
  floats[0] = magnitude;
  const high = (words[HIGH] ?? 0) & 0x7fffffff;
  if (high < 0x100000) return indexAtMaxScale(magnitude * 2 ** 54) - 54 * 1024;
  const cell = CELLS[(high >>> 9) & 0x7ff] ?? 0;
  const index = ((high >>> 20) << 10) + (cell >> 10);
  const distance = (cell & 0x3ff) - (high & 0x1ff);
  if (distance === 0) return exceedsLow(cell) ? index + 1 : index;
  // The sign of the difference: a branch would go the wrong way every second time, which costs as much as all the rest.
  return index + (distance >>> 31);
}

/** Whether the mantissa at hand exceeds the boundary in its cell by its last 32 bits. */
function exceedsLow(cell: number): boolean {
  return (words[LOW] ?? 0) > (BOUNDARY_LOW[(cell >> 10) + BIAS + 1] ?? 0);
}

/**
 * The lower bound of a bucket, `2^(index * 2^-scale)`; its upper bound is that of the next index.
 * Up to scale 10 it is rounded down, so that exactly the doubles above it are above the true bound.
 *
 * @param scale from −10 to 20
 * @returns from `Number.MIN_VALUE` to `Number.MAX_VALUE`, which stand for all bounds beyond
 */
export function bucketBound(index: number, scale: number): number {
  const position =
    scale > MAX_SCALE ? index / (1 << (scale - MAX_SCALE)) : index * (1 << (MAX_SCALE - scale));
  const exponent = Math.floor(position / 1024);
  if (exponent > 1023) return Number.MAX_VALUE;
  const j = position - exponent * 1024;
  if (!Number.isInteger(j)) {
    floats[0] = 2 ** (j / 1024);
  } else {
    words[HIGH] = 0x3ff00000 + (BOUNDARY_HIGH[j] ?? 0);
    words[LOW] = BOUNDARY_LOW[j] ?? 0;
  }
  if (exponent < -1022) {
    return Math.max(1, Math.floor((floats[0] ?? 0) * 2 ** (exponent + 1074))) * Number.MIN_VALUE;
  }
  words[HIGH] = (words[HIGH] ?? 0) + exponent * 2 ** 20;
  return floats[0] ?? 0;
}

/** Takes about a millisecond. Works with 128 binary places, since a double's 52 would leave many boundaries one off. */
function fillTables(): void {
  const places = 128n;
  let step = 2n << places;
  for (let i = 0; i < 10; i++) step = squareRoot(step << places);
  let power = 1n << places;
  for (let j = 0; j <= 1024; j++) {
    const mantissa = Number(power >> (places - 52n)) - 2 ** 52;
    BOUNDARY_HIGH[j] = mantissa / 2 ** 32;
    BOUNDARY_LOW[j] = mantissa;
    power = (power * step) >> places;
  }
  let next = 0;
  for (let cell = 0; cell < 2048; cell++) {
    while ((BOUNDARY_HIGH[next] ?? 0) >>> 9 < cell) next++;
    const boundary = BOUNDARY_HIGH[next] ?? 0;
    const offset = boundary >>> 9 === cell ? boundary & 0x1ff : 512;
    CELLS[cell] = ((next - 1 - BIAS) << 10) | offset;
  }
}

/** Newton's method; each step doubles the 52 correct bits that it starts with. */
function squareRoot(square: bigint): bigint {
  let root = BigInt(Math.sqrt(Number(square)));
  for (let i = 0; i < 3; i++) root = (root + square / root) >> 1n;
  return root;
}
