import { flatCopy } from "./kept-text.ts";

/** Longest text from outside that a message, a warning or a table shows, in UTF-16 code units. */
const LONGEST_EXCERPT = 500;

/**
 * What a reader can't see, but a terminal or a log obeys: control and escape characters, line and
 * paragraph separators, changes of the direction of writing and other invisible marks, halves of
 * surrogate pairs. Emoji and several scripts need the joiners U+200C and U+200D, which stay.
 */
const UNPRINTABLE = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}])+/gu;

/**
 * A text from outside as it may be printed: cut to `longest` characters, then freed of what a
 * terminal or a log would obey, each run of that replaced by a space. A copy, which keeps no longer
 * text alive. Use it for whatever a vendor, a request or a file has said.
 *
 * @param longest in UTF-16 code units, at least 1; by default 500
 */
export function printable(text: string, longest: number = LONGEST_EXCERPT): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return flatCopy(cut.replace(UNPRINTABLE, " "));
}

/** A value as one line of JSON that is whole, and in which what {@link printable} takes out is escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (run) =>
    Array.from(
      { length: run.length },
      (_, i) => `\\u${run.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
