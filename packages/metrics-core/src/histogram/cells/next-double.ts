const floats = /* @__PURE__ */ new Float64Array([1]);
const words = /* @__PURE__ */ new Uint32Array(floats.buffer);
/** Where `words` has the lower 32 bits, whatever the host's byte order. */
const LOW = words[0] === 0 ? 0 : 1;
const HIGH = 1 - LOW;

/** The smallest double above a finite one. Above `Number.MAX_VALUE` it is `Infinity`. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  return value > 0 ? movedFromZero(value, 1) : movedFromZero(value, -1);
}

/** The largest double below a finite one. Below `-Number.MAX_VALUE` it is `-Infinity`. */
export function nextDown(value: number): number {
  return -nextUp(-value);
}

/** Doubles of one sign are ordered as their bits are, read as a whole number. */
function movedFromZero(value: number, step: 1 | -1): number {
  floats[0] = value;
  const low = (words[LOW] ?? 0) + step;
  words[LOW] = low;
  if (low > 0xffffffff || low < 0) words[HIGH] = (words[HIGH] ?? 0) + step;
  return floats[0];
}
