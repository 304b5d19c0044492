/** The state of a generator of pseudo-random numbers: three random words and a counter. */
const state: Uint32Array = /* @__PURE__ */ seeded();

/** The tag of each id that was asked for so far. */
let tags = new Int32Array(1_024);
let tagged = 0;

/**
 * Random 32-bit numbers by id, the same for all look-ups of this process and others in each process.
 * The sum of the tags of several ids is their hash (Zobrist hashing): whoever chooses the ids, but
 * doesn't know the tags, can't choose sets of ids whose sums meet.
 *
 * @returns all tags, of which those of ids up to `id` may be read; the array is replaced when it grows
 */
export function tagsUpTo(id: number): Int32Array {
  if (id >= tags.length) {
    const larger = new Int32Array(Math.max(id + 1, tags.length * 2));
    larger.set(tags);
    tags = larger;
  }
  for (; tagged <= id; tagged++) tags[tagged] = nextRandom();
  return tags;
}

/**
 * Chris Doty-Humphrey's sfc32.
 *
 * @see https://pracrand.sourceforge.net/RNG_engines.txt
 */
function nextRandom(): number {
  const [a = 0, b = 0, c = 0, counter = 0] = state;
  const random = (a + b + counter) | 0;
  state[3] = counter + 1;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + random;
  return random;
}

/** Not `Math.random` where there is better: tests replace it by a constant, and its next values can be computed from earlier ones. */
function seeded(): Uint32Array {
  const words = new Uint32Array(4);
  if (typeof globalThis.crypto?.getRandomValues === "function") crypto.getRandomValues(words);
  else for (let i = 0; i < words.length; i++) words[i] = Math.random() * 2 ** 32;
  return words;
}
