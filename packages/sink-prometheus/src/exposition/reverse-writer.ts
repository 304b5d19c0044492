const FIRST_BYTES = 4_096;

/**
 * Writes protobuf from the end to the beginning. So the length of a message, which comes before it, is known when
 * it is written.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ReverseWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  /** Where the last byte was written. */
  #position = FIRST_BYTES;
  readonly #encoder = new TextEncoder();

  /** How many bytes were written. */
  get length(): number {
    return this.#bytes.length - this.#position;
  }

  /** Returns what was written, and begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(this.#position);
    this.#position = this.#bytes.length;
    return taken;
  }

  /** Writes a whole number from 0 to 2^53. */
  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
    this.#reserve(size);
    let rest = value;
    for (let i = 0; i < size; i++) {
      const last = i === size - 1;
      this.#bytes[this.#position + i] = (rest % 128) + (last ? 0 : 128);
      rest = Math.floor(rest / 128);
    }
  }

  /** Writes a whole number between −2^52 and 2^52. */
  signed(value: number): void {
    this.varint(value >= 0 ? 2 * value : -2 * value - 1);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#position, value, true);
  }

  /** Writes the number and the wire type of a field, whose value was written before. */
  tag(field: number, wireType: 0 | 1 | 2): void {
    this.varint(field * 8 + wireType);
  }

  /** Writes the length and the tag of a field, which is all that was written since the length was `from`. */
  delimit(field: number, from: number): void {
    this.varint(this.length - from);
    this.tag(field, 2);
  }

  string(field: number, text: string): void {
    const from = this.length;
    if (!this.#ascii(text)) {
      const bytes = this.#encoder.encode(text);
      this.#reserve(bytes.length);
      this.#bytes.set(bytes, this.#position);
    }
    this.delimit(field, from);
  }

  /** Writes text, unless there is a character in it that takes more than one byte. An encoder is slower for short texts. */
  #ascii(text: string): boolean {
    const { length } = text;
    this.#reserve(length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) {
        this.#position += length;
        return false;
      }
      this.#bytes[this.#position + i] = code;
    }
    return true;
  }

  #reserve(size: number): void {
    if (this.#position < size) this.#grow(size);
    this.#position -= size;
  }

  #grow(size: number): void {
    const written = this.#bytes.subarray(this.#position);
    const larger = new Uint8Array(2 * this.#bytes.length + size);
    larger.set(written, larger.length - written.length);
    this.#position = larger.length - written.length;
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
