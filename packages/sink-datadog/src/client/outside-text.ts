/** Shown in place of a key. */
const MASK = "(API key)";

/** Turns text that comes from outside into text that may be shown, cut to a length. */
export type ShowOutside = (text: string, maxLength?: number) => string;

/** Most characters that are shown of one text from outside. */
const MAX_LENGTH = 500;

/**
 * Returns a function that makes text from outside fit to be shown: without the key in whatever form,
 * cut, and without characters that control a terminal, a line or the direction of text. The text that
 * it returns is a copy, so that it keeps nothing else in memory.
 */
export function outsideText(apiKey: string): ShowOutside {
  const forms = new RegExp([...formsOf(apiKey)].map(escaped).join("|"), "giu");
  return (text, maxLength = MAX_LENGTH) => {
    const cut = text.replace(forms, MASK).slice(0, maxLength);
    // Stripped last, because it takes time for each character.
    const stripped = cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
    return Buffer.from(stripped).toString();
  };
}

/** Returns the forms in which a vendor or a proxy may repeat a key. */
function formsOf(apiKey: string): ReadonlySet<string> {
  const key = Buffer.from(apiKey);
  const forms = new Set([
    apiKey,
    encodeURIComponent(apiKey),
    JSON.stringify(apiKey).slice(1, -1),
    key.toString("hex"),
  ]);
  // Within a longer text in base64 the key begins at one of three offsets.
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), key]).toString("base64");
    const first = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + key.length) * 8) / 6);
    const own = encoded.slice(first, end);
    forms.add(own).add(own.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

function escaped(text: string): string {
  return text.replace(
    /[^A-Za-z0-9]/g,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
}
