import type { OutgoingHttpHeaders } from "node:http";

/** Headers that hold no secret: what they say may be shown. */
const HARMLESS =
  /^(accept|connection|content|date|expect|host|keep-alive|te|traceparent|tracestate|trailer|transfer-encoding|upgrade|user-agent)(-|$)/i;

/** A part of a header or an address that is shorter than this is a word, not a secret. */
const SHORTEST_PART = 8;

/** Returns the secrets in the OTLP exporter's environment variables: values of headers, and what an address has besides its host. */
export function environmentSecrets(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return ["OTEL_EXPORTER_OTLP", "OTEL_EXPORTER_OTLP_METRICS"].flatMap((prefix) => [
    ...(env[`${prefix}_HEADERS`] ?? "").split(",").flatMap((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? valueSecrets(pair.trim()) : valueSecrets(pair.slice(equals + 1).trim());
    }),
    ...addressSecrets(env[`${prefix}_ENDPOINT`] ?? ""),
  ]);
}

/** Returns the secrets that a request was sent with: in its headers and in its path. */
export function requestSecrets(headers: OutgoingHttpHeaders, path: string): readonly string[] {
  const values = Object.entries(headers)
    .filter(([name]) => !HARMLESS.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [String(value ?? "")]));
  return [...values.flatMap(valueSecrets), ...addressSecrets(`http://host${path}`)];
}

/** Returns a header's value, its parts, and the password of Basic credentials. */
function valueSecrets(value: string): readonly string[] {
  return [value, decoded(value)].flatMap((each) => {
    const [, basic = ""] = /^basic\s+(\S+)$/i.exec(each) ?? [];
    const credentials = Buffer.from(basic, "base64").toString();
    const password = credentials.slice(credentials.indexOf(":") + 1);
    return [each, credentials, password, ...longParts(each.split(/[\s,;]/))];
  });
}

/** Returns the user, the password, the values of the query and the parts of the path; all of an address that can't be read. */
function addressSecrets(address: string): readonly string[] {
  if (address === "") return [];
  if (!URL.canParse(address)) return [address];
  const { username, password, pathname, search, searchParams } = new URL(address);
  const query = [...searchParams.values()];
  const parts = longParts([...pathname.split("/"), ...query, search.slice(1)]);
  return [username, password, ...parts].flatMap((each) => [each, decoded(each)]);
}

function longParts(parts: readonly string[]): readonly string[] {
  return parts.filter((part) => part.length >= SHORTEST_PART);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
