/** What stands where a secret stood. */
const MASK = "***";

/** A shorter secret is not masked: it would be found in every text. */
const SHORTEST_SECRET = 4;

/** Shorter pieces of base64 occur by chance. */
const SHORTEST_PIECE = 6;

/** The user name and the password in a URL. */
const IN_URL = String.raw`(?<=\/\/)[^/\s]+(?=@)`;

/** So many characters of a user name and a password are looked for beyond a cut. */
const URL_REACH = 256;

/** Takes a sink's secrets out of a text. */
export interface SecretMask {
  /**
   * The first `longest` characters of a text, with `***` for each secret, and for the user name and
   * the password in each URL, whether they are known or not. One that is only begun
   * within them is masked too. Looks at no more of the text than that takes. Never throws.
   *
   * @param longest in UTF-16 code units; by default all
   */
  mask(text: string, longest?: number): string;
}

/**
 * Makes a mask for the secrets that a sink holds: keys, tokens, passwords, values of headers. It
 * finds each as it is, in upper or lower case, URL-encoded, within a JSON string, in hexadecimal, and
 * base64-encoded, also as a part of something longer, such as the password in `Authorization: Basic`.
 * Secrets of fewer than 4 characters are not masked.
 *
 * Make it with the secrets of the moment, where they change, and use it for every text that a vendor,
 * its client or a proxy has written: an answer's body, a status line, an error's message. Show such a
 * text by {@link maskedExcerpt}, and an error by {@link safeError}.
 *
 * @example
 * ```ts
 * const mask = maskSecrets([apiKey, proxyPassword]);
 * warnings.warn(`the intake answered ${maskedExcerpt(body, mask)}`);
 * ```
 */
export function maskSecrets(secrets: Iterable<string | undefined>): SecretMask {
  const all = [...secrets]
    .filter((secret) => secret !== undefined)
    .filter(({ length }) => length >= SHORTEST_SECRET);
  // No form of a secret is shorter than itself.
  const shortest = all.reduce((least, secret) => Math.min(least, secret.length), Infinity);
  let search: Search | undefined;
  return {
    mask(text, longest = text.length) {
      // Making the search takes up to three milliseconds, and most answers are too short to need it.
      if (text.length < shortest && !text.includes("@")) return text.slice(0, longest);
      const { pattern, reach } = (search ??= searchFor(all));
      let masked = "";
      let end = 0;
      for (const match of text.slice(0, longest + reach).matchAll(pattern)) {
        if (match.index >= longest) break;
        masked += text.slice(end, match.index) + MASK;
        end = match.index + match[0].length;
      }
      return masked + text.slice(end, Math.max(end, longest));
    },
  };
}

interface Search {
  readonly pattern: RegExp;
  /** What begins before a cut may go on for so many characters. */
  readonly reach: number;
}

function searchFor(secrets: readonly string[]): Search {
  const forms = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret)) forms.add(form);
  // The longest first, so that one which contains another is masked whole.
  const sorted = [...forms].sort((one, other) => other.length - one.length);
  return {
    pattern: new RegExp([...sorted.map(escaped), IN_URL].join("|"), "gi"),
    reach: Math.max(sorted[0]?.length ?? 0, URL_REACH),
  };
}

function* formsOf(secret: string): Iterable<string> {
  yield secret;
  const wellFormed = secret.replace(/\p{Cs}/gu, "�");
  const url = encodeURIComponent(wellFormed);
  yield url;
  yield url.replaceAll("%20", "+");
  const json = JSON.stringify(secret).slice(1, -1);
  yield json;
  // Some languages escape slashes too.
  yield json.replaceAll("/", "\\/");
  const bytes = new TextEncoder().encode(wellFormed);
  yield Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const piece of base64Pieces(bytes)) {
    if (piece.length < SHORTEST_PIECE) continue;
    yield piece;
    yield piece.replaceAll("+", "-").replaceAll("/", "_");
    yield encodeURIComponent(piece);
  }
}

/**
 * What base64 makes of these bytes wherever they stand in something longer. Three bytes make four
 * characters, so that there are three ways, by the position of the first byte; characters which also
 * depend on neighbours are left out.
 */
function* base64Pieces(bytes: Uint8Array): Iterable<string> {
  for (const before of [0, 1, 2]) {
    const shifted = "\0".repeat(before) + String.fromCharCode(...bytes);
    const bits = shifted.length * 8;
    yield btoa(shifted).slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
