import { inspect } from "node:util";

/** The fewest characters of a secret. Shorter ones are in other text by chance. */
export const SHORTEST_SECRET = 8;

/** So many objects are searched at most: an error may lead to everything that the process holds. */
const MOST_OBJECTS = 100_000;

interface Part {
  readonly path: string;
  readonly value: unknown;
}

/**
 * Searches a value, as deep as it goes, for secrets: all that `inspect` and `JSON.stringify` can show,
 * with hidden fields, getters and causes. A secret is found in any case, as it is, URL-encoded,
 * JSON-escaped, in base64 (also within longer text) and in hexadecimal.
 *
 * @returns the path to a secret, such as `.cause.headers[authorization]`; undefined where there is none
 */
export function pathToSecret(value: unknown, secrets: readonly string[]): string | undefined {
  const forms = secrets.flatMap(formsOf);
  const shows = (text: string): boolean => {
    const lowerCase = text.toLowerCase();
    return forms.some((form) => lowerCase.includes(form));
  };
  // The program's own environment is not what a sink shows.
  const seen = new Set<object>([globalThis, process, process.env]);
  const parts: Part[] = [{ path: "", value }];
  for (const part of parts) {
    if (typeof part.value === "string" && shows(part.value)) return part.path;
    if (!isObject(part.value) || seen.has(part.value)) continue;
    if (seen.size > MOST_OBJECTS) return undefined;
    seen.add(part.value);
    const inner = partsOf(part.path, part.value);
    const shown = inner.find(({ value: text }) => typeof text === "string" && shows(text));
    if (shown !== undefined) return shown.path;
    if (shows(printed(part.value))) return part.path;
    parts.push(...inner);
  }
  return undefined;
}

/** How a secret may be written, in lower case. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("hex"),
    ...[0, 1, 2].flatMap((before) => [
      innerBase64(bytes, before, "base64"),
      innerBase64(bytes, before, "base64url"),
    ]),
  ];
  return [...new Set(forms.map((form) => form.toLowerCase()))];
}

/** The characters of a base64 text that depend on the secret alone, where other bytes stand before it. */
function innerBase64(secret: Buffer, before: number, alphabet: "base64" | "base64url"): string {
  const bytes = Buffer.concat([Buffer.alloc(before), secret]);
  const characters = bytes.toString(alphabet).replaceAll("=", "");
  return characters.slice(Math.ceil((before * 8) / 6), bytes.length % 3 === 0 ? undefined : -1);
}

/** One object without what it holds, and with what no property shows, such as a promise's state. */
function printed(object: object): string {
  try {
    return inspect(object, {
      depth: 0,
      getters: true,
      maxArrayLength: null,
      maxStringLength: null,
      showHidden: true,
    });
  } catch {
    return "";
  }
}

function partsOf(path: string, object: object): readonly Part[] {
  if (ArrayBuffer.isView(object)) {
    const { buffer, byteOffset, byteLength } = object;
    return [{ path, value: Buffer.from(buffer, byteOffset, byteLength).toString("latin1") }];
  }
  const parts = keysOf(object).map((key) => ({
    path: `${path}${typeof key === "string" && /^[a-z_$][\w$]*$/i.test(key) ? `.${key}` : `[${String(key)}]`}`,
    value: read(() => Reflect.get(object, key)),
  }));
  if (object instanceof Map || object instanceof Set) {
    for (const [key, value] of object.entries())
      parts.push({ path: `${path}.keys()`, value: key }, { path: `${path}.values()`, value });
  }
  const toJson: unknown = read(() => Reflect.get(object, "toJSON"));
  if (typeof toJson === "function")
    parts.push({ path: `${path}.toJSON()`, value: read(() => Reflect.apply(toJson, object, [])) });
  return parts;
}

/** Own keys, hidden ones too, and the getters of the object's classes. */
function keysOf(object: object): readonly (string | symbol)[] {
  const keys = Reflect.ownKeys(object).filter(
    (key) => !(typeof object === "function" && key === "prototype"),
  );
  for (
    let prototype = Reflect.getPrototypeOf(object);
    prototype !== null && prototype !== Object.prototype;
    prototype = Reflect.getPrototypeOf(prototype)
  ) {
    const descriptors = Object.getOwnPropertyDescriptors(prototype);
    keys.push(...Object.keys(descriptors).filter((key) => !("value" in (descriptors[key] ?? {}))));
  }
  return keys;
}

function read(get: () => unknown): unknown {
  try {
    return get();
  } catch (error) {
    return error;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
