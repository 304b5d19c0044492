/** A message as it is on the wire: each field's values in order, nested messages undecoded. */
export type WireMessage = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** Decodes a message. Whole numbers are read up to 2^53, and eight bytes as a double. */
export function decode(bytes: Uint8Array): WireMessage {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const values = fields.get(Math.floor(tag / 8)) ?? [];
    fields.set(Math.floor(tag / 8), values);
    values.push(reader.value(tag % 8));
  }
  return fields;
}

/** Splits a page into its messages, each of which comes after its length. */
export function messagesOf(page: Uint8Array): readonly WireMessage[] {
  const messages: WireMessage[] = [];
  const reader = new Reader(page);
  while (!reader.isAtEnd) {
    const message = reader.value(2);
    if (typeof message !== "number") messages.push(decode(message));
  }
  return messages;
}

/** A field's text. */
export function textOf(message: WireMessage, field: number): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(message, field)[0]);
}

/** A field's nested messages. */
export function nestedIn(message: WireMessage, field: number): readonly WireMessage[] {
  return bytesOf(message, field).map(decode);
}

/** A field's number, by default 0. */
export function numberOf(message: WireMessage, field: number): number {
  const value = message.get(field)?.[0] ?? 0;
  if (typeof value !== "number") throw new Error(`field ${field} is not a number`);
  return value;
}

/** A field's whole numbers of either sign, packed. */
export function signedIn(message: WireMessage, field: number): readonly number[] {
  return bytesOf(message, field).flatMap((bytes) => {
    const reader = new Reader(bytes);
    const values: number[] = [];
    while (!reader.isAtEnd) values.push(fromZigzag(reader.varint()));
    return values;
  });
}

/** A number of either sign. */
function fromZigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function bytesOf(message: WireMessage, field: number): readonly Uint8Array[] {
  return (message.get(field) ?? []).map((value) => {
    if (typeof value === "number") throw new Error(`field ${field} is a number`);
    return value;
  });
}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new Error("ends too early");
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  }

  value(wireType: number): number | Uint8Array {
    switch (wireType) {
      case 0:
        return this.varint();
      case 1: {
        const { buffer, byteOffset } = this.#bytes;
        const value = new DataView(buffer, byteOffset + this.#position, 8).getFloat64(0, true);
        this.#position += 8;
        return value;
      }
      case 2: {
        const length = this.varint();
        const start = this.#position;
        this.#position += length;
        if (this.#position > this.#bytes.length) throw new Error("ends too early");
        return this.#bytes.subarray(start, this.#position);
      }
      default:
        throw new Error(`wire type ${wireType}`);
    }
  }
}
