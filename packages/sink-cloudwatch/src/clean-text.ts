/** Control and format characters, the bidirectional ones among them, and separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * The beginning of a text from outside, for a message: at most `most` characters, then an ellipsis.
 * What could forge a line or steer a terminal becomes a space. It is a copy: a slice would keep the
 * whole text in memory.
 */
export function cleanText(text: string, most: number): string {
  const beginning = text.slice(0, most).replace(UNPRINTABLE, " ").trim();
  const copy = Buffer.from(beginning, "utf8").toString("utf8");
  return text.length > most ? `${copy}…` : copy;
}
