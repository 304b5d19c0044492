// The host's own timers, whatever the program puts in the place of the global ones.
import { clearTimeout, setTimeout } from "node:timers";

/**
 * The most bytes of an answer that are read. CloudWatch's own answers have a few hundred; one that
 * names each of a thousand datums is longer, and is read as far as this.
 */
const MAX_ANSWER_BYTES: number = 65_536;

/** A body, as far as it was read. */
export interface Body {
  readonly bytes: Buffer;
  /** True where there was more: the connection was destroyed then. */
  readonly isCut: boolean;
}

/**
 * Reads the body of an answer, for at most `timeoutMs`, and at most {@link MAX_ANSWER_BYTES} of it.
 * Then the rest is not read, and its connection is destroyed. Undefined for what is no body.
 *
 * @throws what the connection failed with, or an error that says that it took too long
 */
export async function readBody(body: unknown, timeoutMs: number): Promise<Body | undefined> {
  if (body instanceof Uint8Array) return cut([body]);
  if (!isAsyncIterable(body)) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  const timer = setTimeout(
    () => destroy(body, new Error(`the answer exceeded ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    for await (const part of body) {
      const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
      parts.push(bytes);
      length += bytes.length;
      // To leave the loop destroys a stream.
      if (length > MAX_ANSWER_BYTES) break;
    }
  } finally {
    clearTimeout(timer);
  }
  return cut(parts);
}

function cut(parts: readonly Uint8Array[]): Body {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    bytes: Buffer.concat(parts, Math.min(length, MAX_ANSWER_BYTES)),
    isCut: length > MAX_ANSWER_BYTES,
  };
}

function destroy(body: object, error: Error): void {
  const method: unknown = Reflect.get(body, "destroy");
  if (typeof method === "function") Reflect.apply(method, body, [error]);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> & object {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === "function"
  );
}
