/** What is shorter is no secret of AWS's, and may be part of any word. */
const SHORTEST_SECRET = 8;

/** A user name or a password in a URL. */
const IN_URL = /\/\/[^/\s@]*@/g;

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** Headers of a request of which nobody may learn. */
const SECRET_HEADERS = new Set(["authorization", "x-amz-security-token", "proxy-authorization"]);

/**
 * A text without the secrets: neither as they are, in whichever case, nor escaped for a URL or for
 * JSON, nor in base64. User names and passwords in URLs go, too.
 */
export function masked(text: string, secrets: readonly string[]): string {
  const long = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const without = text.replace(IN_URL, "//***@");
  // Most texts have none, and a pattern of all forms takes a millisecond to compile.
  const lower = without.toLowerCase();
  const found = long.flatMap(formsOf).filter((form) => lower.includes(form.toLowerCase()));
  if (found.length === 0) return without;
  found.sort((a, b) => b.length - a.length);
  const pattern = found.map((form) => form.replace(SPECIAL, "\\$&")).join("|");
  return without.replace(new RegExp(pattern, "gi"), "***");
}

/** The secrets that a request of the SDK carries in its headers. */
export function secretsOfRequest(request: unknown): readonly string[] {
  const headers = objectIn(request, "headers");
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!SECRET_HEADERS.has(name.toLowerCase()) || typeof value !== "string") return [];
    const signature = value.split("Signature=").at(1);
    return signature === undefined ? [value] : [value, signature];
  });
}

/** The secrets in the program's option `credentials` and in the environment. */
export function secretsOfSettings(
  credentials: unknown,
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const { secretAccessKey, sessionToken } = objectIn({ credentials }, "credentials");
  const all = [
    secretAccessKey,
    sessionToken,
    env["AWS_SECRET_ACCESS_KEY"],
    env["AWS_SESSION_TOKEN"],
    env["AWS_BEARER_TOKEN_CLOUDWATCH"],
  ];
  return all.filter((each) => typeof each === "string");
}

function formsOf(secret: string): readonly string[] {
  // A lone surrogate has no form in a URL.
  const inUrl = encodeURIComponent(Buffer.from(secret).toString());
  return [secret, inUrl, secret.replaceAll("/", "\\/"), ...base64sOf(secret)];
}

/** The part of a secret's base64 that is the same whatever stands before and after the secret. */
function base64sOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    const [first, end] = [Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6)];
    return (["base64", "base64url"] as const).map((form) => all.toString(form).slice(first, end));
  });
}

function objectIn(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found: unknown = typeof value === "object" && value !== null && Reflect.get(value, key);
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
