/** Longest name or value that is kept, in UTF-16 code units; the largest that a vendor takes (CloudWatch's dimension values). */
export const LONGEST_TEXT = 1_024;

/** Ends a text that was cut. */
const MARK = "…";

/** V8 makes no slice of another string that is shorter. */
const SHORTEST_SLICE = 13;

/** Whether a text is longer than what is kept of it. */
export function isTooLong(text: string): boolean {
  return text.length > LONGEST_TEXT;
}

/** A text of at most {@link LONGEST_TEXT} code units: the text itself, or its beginning with a mark. Never ends in half a surrogate pair. */
export function boundedText(text: string): string {
  if (!isTooLong(text)) return text;
  const end = LONGEST_TEXT - MARK.length;
  const last = text.charCodeAt(end - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? end - 1 : end) + MARK;
}

/**
 * A copy of a text that keeps no other string alive. A slice of a long string keeps all of that
 * string in memory for as long as the slice lives, and an engine doesn't say which strings are
 * slices. A property's key is always a string of its own; it is also the one that an engine
 * compares fastest.
 */
export function flatCopy(text: string): string {
  if (text.length < SHORTEST_SLICE) return text;
  // Without a prototype no key has a meaning of its own, `__proto__` included.
  const holder = Object.create(null) as Record<string, true>;
  holder[text] = true;
  for (const key in holder) return key;
  return text;
}
