import { hash } from "node:crypto";

/** The bytes with which every aggregated record begins. */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

// Tags of the protocol buffer: (field number << 3) | wire type.
const KEY_TABLE_ENTRY = (1 << 3) | 2;
const RECORD = (3 << 3) | 2;
const KEY_INDEX = (1 << 3) | 0;
const DATA = (3 << 3) | 2;

/** What a user record contributes to an aggregate. */
export interface AggregatedEntry {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/**
 * The data of a Kinesis record that holds several user records, in the KPL's own format: magic
 * number, protocol buffer, MD5 of the protocol buffer.
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
export function encodeAggregate(entries: readonly AggregatedEntry[]): Buffer {
  const keyIndices = new Map<string, number>();
  const records: Buffer[] = [];
  for (const { partitionKey, data } of entries) {
    const keyIndex = keyIndices.get(partitionKey) ?? keyIndices.size;
    keyIndices.set(partitionKey, keyIndex);
    const head = [KEY_INDEX, ...varint(keyIndex), DATA, ...varint(data.length)];
    records.push(Buffer.from([RECORD, ...varint(head.length + data.length), ...head]), data);
  }
  const keys = [...keyIndices.keys()].flatMap((key) => {
    const bytes = Buffer.from(key);
    return [Buffer.from([KEY_TABLE_ENTRY, ...varint(bytes.length)]), bytes];
  });
  const message = Buffer.concat([...keys, ...records]);
  return Buffer.concat([MAGIC, message, hash("md5", message, "buffer")]);
}

/** How many user records a Kinesis record holds: one if it is not an aggregate. */
export function countUserRecords(data: Buffer): number {
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  const isAggregate =
    data.length > MAGIC.length + DIGEST_BYTES &&
    data.subarray(0, MAGIC.length).equals(MAGIC) &&
    hash("md5", message, "buffer").equals(data.subarray(-DIGEST_BYTES));
  if (!isAggregate) return 1;
  let count = 0;
  let position = 0;
  while (position < message.length) {
    if (message[position] === RECORD) count++;
    const [length, start] = readVarint(message, position + 1);
    position = start + length;
  }
  return count;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Returns the number at `position`, and the position after it. */
function readVarint(bytes: Buffer, position: number): [value: number, next: number] {
  let value = 0;
  let shift = 0;
  for (let next = position; ; next++, shift += 7) {
    const byte = bytes[next] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, next + 1];
  }
}
