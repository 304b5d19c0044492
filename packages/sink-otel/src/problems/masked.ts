/** Shorter values than this are not masked: they are in other text by chance. */
const SHORTEST_SECRET = 6;

/** So much of a text is searched. What is shown is much shorter. */
const LONGEST_SEARCHED = 16_384;

/**
 * Replaces secrets in a text by `***`: as they are, in any case, URL-encoded, as JSON writes them, in
 * hexadecimal, and in base64, also within longer base64. A long text is cut first.
 */
export function masked(text: string, secrets: Iterable<string>): string {
  const forms = [...secrets]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap(formsOf)
    .filter((form) => form.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return text.slice(0, LONGEST_SEARCHED);
  const pattern = new RegExp(forms.map(escaped).join("|"), "gi");
  if (text.length <= LONGEST_SEARCHED) return text.replace(pattern, "***");
  // The cut may have left a part of a secret at the end.
  const longest = forms[0]?.length ?? 0;
  return text.slice(0, LONGEST_SEARCHED).replace(pattern, "***").slice(0, -longest);
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret.replace(/\p{Cs}/gu, "\ufffd")),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("hex"),
    ...[0, 1, 2].flatMap((before) => [
      innerBase64(bytes, before, "base64"),
      innerBase64(bytes, before, "base64url"),
    ]),
  ];
}

/** Returns the characters of a base64 text that depend on the secret alone, if other bytes stand before and after it. */
function innerBase64(secret: Buffer, before: number, alphabet: "base64" | "base64url"): string {
  const bytes = Buffer.concat([Buffer.alloc(before), secret]);
  const characters = bytes.toString(alphabet).replaceAll("=", "");
  return characters.slice(Math.ceil((before * 8) / 6), bytes.length % 3 === 0 ? undefined : -1);
}

function escaped(form: string): string {
  return form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
