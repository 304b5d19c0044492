/** The longest text from outside that a message shows. */
const LONGEST_SHOWN = 500;

/** Control characters, line separators, marks that change the direction of text, and halves of characters. */
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\p{Cs}]+/gu;

/** Returns a text from outside as a message may show it: at most 500 characters, in one line, and nothing that a terminal obeys. */
export function oneLine(text: string): string {
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
  return cut.replace(UNSEEN, " ");
}
