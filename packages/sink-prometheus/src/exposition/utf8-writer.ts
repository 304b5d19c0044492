import { Buffer } from "node:buffer";

const CHUNK_BYTES = 32_768;

/** A character takes at most so many bytes. */
const MOST_BYTES = 3;

/** Shorter texts are written faster one character at a time. */
const SHORT = 16;

const LINE_FEED = 10;
const ZERO = 48;

/** A number has at most so many characters, with the line feed. */
const LONGEST_NUMBER = 32;

/**
 * Writes text as UTF-8, in chunks. Putting all pieces together first, and encoding them then, would take half as long
 * again, and leave garbage.
 */
export class Utf8Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #position = 0;
  readonly #chunks: Uint8Array[] = [];

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return this.#position === 0 && this.#chunks.length === 0;
  }

  /** Everything that was written, in order. Nothing may be written afterwards. */
  chunks(): readonly Uint8Array[] {
    if (this.#position === 0) return this.#chunks;
    return [...this.#chunks, this.#bytes.subarray(0, this.#position)];
  }

  write(text: string): void {
    const { length } = text;
    this.#reserve(MOST_BYTES * length);
    const bytes = this.#bytes;
    let position = this.#position;
    if (length > SHORT) {
      this.#position += bytes.write(text, position);
      return;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.#position += bytes.write(text, this.#position);
        return;
      }
      bytes[position++] = code;
    }
    this.#position = position;
  }

  /** Writes lines that begin in the same way, go on with a text of their own, and end with a number. */
  writeLines(beginning: string, texts: readonly string[], numbers: readonly number[]): void {
    const longest = texts.reduce((most, each) => Math.max(most, each.length), 0) + LONGEST_NUMBER;
    this.#reserve(MOST_BYTES * (beginning.length + longest) * texts.length);
    const start = this.#position;
    this.write(beginning);
    const end = this.#position;
    for (let i = 0; i < texts.length; i++) {
      if (i > 0) {
        this.#bytes.copyWithin(this.#position, start, end);
        this.#position += end - start;
      }
      this.write(texts[i] ?? "");
      this.#writeNumber(numbers[i] ?? 0);
    }
  }

  /** Writes a number and a line feed. Making text of every small count would take half of a histogram's time. */
  #writeNumber(value: number): void {
    const digits = value >>> 0;
    if (digits !== value) return this.write(`${value}\n`);
    const bytes = this.#bytes;
    let length = 1;
    for (let rest = digits; rest > 9; rest = (rest / 10) >>> 0) length++;
    let position = this.#position + length;
    bytes[position] = LINE_FEED;
    this.#position = position + 1;
    for (let rest = digits; length > 0; length--) {
      const shorter = (rest / 10) >>> 0;
      bytes[--position] = ZERO + rest - 10 * shorter;
      rest = shorter;
    }
  }

  #reserve(size: number): void {
    if (this.#position + size <= this.#bytes.length) return;
    if (this.#position > 0) this.#chunks.push(this.#bytes.subarray(0, this.#position));
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, size));
    this.#position = 0;
  }
}
