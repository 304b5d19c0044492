/** Most bytes that are read of an answer, after decompression. Datadog's own answers have under a hundred. */
const MAX_ANSWER_BYTES = 65_536;

/** The body of an answer, or its beginning. */
export interface AnswerText {
  readonly text: string;
  /** False where the answer was longer than {@link MAX_ANSWER_BYTES}, and its rest was not read. */
  readonly isWhole: boolean;
}

/**
 * Reads the body of an answer up to {@link MAX_ANSWER_BYTES}. Where there is more, ends the connection.
 *
 * @throws what the connection fails with
 */
export async function readAnswer({ body }: Pick<Response, "body">): Promise<AnswerText> {
  if (body === null) return { text: "", isWhole: true };
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isWhole: true };
    text += decoder.decode(value.subarray(0, MAX_ANSWER_BYTES - bytes), { stream: true });
    bytes += value.length;
    if (bytes <= MAX_ANSWER_BYTES) continue;
    // The connection ends in any case, so it does not matter what cancelling it throws.
    reader.cancel().catch(() => {});
    return { text, isWhole: false };
  }
}
