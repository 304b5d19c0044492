/** Requests of one export differ in size by less than that. */
const MARGIN = 1.25;

/**
 * The memory for the bodies of an export, one after the other. New memory for each body makes V8 collect
 * all garbage a few times in an export of 10,000 distributions, for 15 ms at a time.
 */
export class BodyMemory {
  #memory: Buffer = Buffer.alloc(0);

  /** Room for a body. What the last body has is overwritten with it. */
  take(bytes: number): Buffer {
    if (this.#memory.byteLength < bytes)
      this.#memory = Buffer.allocUnsafeSlow(Math.ceil(bytes * MARGIN));
    return this.#memory.subarray(0, bytes);
  }
}
