const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * One line of input, without its `\n` or `\r\n`.
 *
 * - `record`: the line's bytes, whatever they are; text is not assumed.
 * - `empty`: nothing between two line ends.
 * - `oversize`: longer than the limit. Its bytes were not kept, so only the length is known.
 */
export type Line =
  | { readonly kind: "record"; readonly data: Buffer }
  | { readonly kind: "empty" }
  | { readonly kind: "oversize"; readonly lineNumber: number; readonly bytes: number };

/** Splits a stream of bytes into lines. It keeps at most one unfinished line of `maxBytes` in memory. */
export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #lastByte = 0;
  #lineNumber = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Returns the lines that `chunk` completes. They may share its memory. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** Returns the last line, if the input does not end with `\n`. */
  end(): Line | undefined {
    return this.#bytes === 0 ? undefined : this.#take();
  }

  #keep(part: Buffer): void {
    const last = part.at(-1);
    if (last === undefined) return;
    this.#bytes += part.length;
    this.#lastByte = last;
    // One byte beyond the limit may still be the carriage return of a line that fits.
    if (this.#bytes <= this.#maxBytes + 1) this.#parts.push(part);
    else this.#parts = [];
  }

  #take(): Line {
    const parts = this.#parts;
    const bytes =
      this.#bytes > 0 && this.#lastByte === CARRIAGE_RETURN ? this.#bytes - 1 : this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    this.#lineNumber++;
    if (bytes === 0) return { kind: "empty" };
    if (bytes > this.#maxBytes) return { kind: "oversize", lineNumber: this.#lineNumber, bytes };
    const [first] = parts;
    const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    return { kind: "record", data: whole.subarray(0, bytes) };
  }
}
