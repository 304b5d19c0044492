/** Headers of a request of which nobody may learn. */
const SECRET_HEADERS = new Set(["authorization", "x-amz-security-token", "proxy-authorization"]);

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

function objectIn(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const found: unknown = typeof value === "object" && value !== null && Reflect.get(value, key);
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
