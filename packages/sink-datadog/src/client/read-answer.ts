import type { IncomingMessage } from "node:http";
import { constants, createUnzip } from "node:zlib";

/** Most bytes that are read of an answer, after decompression. Datadog's own answers have under a hundred. */
const MAX_ANSWER_BYTES = 65_536;

/** The body of an answer, or its beginning. */
export interface AnswerText {
  readonly text: string;
  /** False where the answer was longer than {@link MAX_ANSWER_BYTES}, and its rest was not read. */
  readonly isWhole: boolean;
}

/**
 * Reads the body of an answer up to {@link MAX_ANSWER_BYTES}. Where there is more, or it can't be read, ends the connection.
 *
 * @throws what the connection fails with
 */
export function readAnswer(answer: IncomingMessage): Promise<AnswerText> {
  return new Promise((resolve, reject) => {
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    // None was asked for, but a proxy may compress what it likes.
    const isZipped = /^(x-)?gzip$|^deflate$/i.test(answer.headers["content-encoding"] ?? "");
    // With this flag, no bytes are an empty answer, as a proxy sends it; without it, an error.
    const unzip = { finishFlush: constants.Z_SYNC_FLUSH };
    const body = isZipped ? answer.pipe(createUnzip(unzip)) : answer;
    const end = (): void => {
      answer.destroy();
      body.destroy();
    };
    body.on("data", (chunk: Uint8Array) => {
      if (bytes > MAX_ANSWER_BYTES) return;
      text += decoder.decode(chunk.subarray(0, MAX_ANSWER_BYTES - bytes), { stream: true });
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER_BYTES) return;
      resolve({ text, isWhole: false });
      end();
    });
    body.once("end", () => resolve({ text: text + decoder.decode(), isWhole: true }));
    for (const stream of [answer, body])
      stream.on("error", (error) => {
        reject(error);
        end();
      });
  });
}
