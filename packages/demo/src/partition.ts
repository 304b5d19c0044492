import { hash } from "node:crypto";
import { MAX_KEY_BYTES } from "./kinesis-limits.ts";

const SPACE = 0x20;
const TAB = 0x09;

/** Only this many bytes of a word become its key, because each may be replaced by U+FFFD, which has three bytes. */
const MAX_WORD_BYTES = Math.floor(MAX_KEY_BYTES / 3);

/**
 * The partition key of a line is its first word. So lines that begin with the same word go to the
 * same shard, and some shards get more records than others, as in real streams. Bytes that are not
 * UTF-8 are replaced in the key only; the record's data stays as it is. At most {@link MAX_KEY_BYTES} bytes, never empty.
 */
export function partitionKeyOf(line: Buffer): string {
  let start = 0;
  while (line[start] === SPACE || line[start] === TAB) start++;
  let end = start;
  while (
    end < line.length &&
    end - start < MAX_WORD_BYTES &&
    line[end] !== SPACE &&
    line[end] !== TAB
  )
    end++;
  return line.toString("utf8", start, end) || " ";
}

/**
 * The index of the shard to which a partition key belongs, if `shards` shards share the hash-key space
 * evenly. Kinesis takes the MD5 of the key as a number from 0 to 2^128; 48 bits are enough here.
 */
export function shardIndexOf(partitionKey: string, shards: number): number {
  return Math.floor((hash("md5", partitionKey, "buffer").readUIntBE(0, 6) / 2 ** 48) * shards);
}

/** A shard's name as Kinesis and the KPL write it: `shardId-000000000003`. */
export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}
