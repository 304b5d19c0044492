/**
 * An API key, without what is around it.
 *
 * @throws TypeError or RangeError where it is missing, can't be one, or is known to be another kind of key
 */
export function checkApiKey(apiKey: unknown): string {
  if (typeof apiKey !== "string")
    throw new TypeError(
      `apiKey is ${apiKey === undefined ? "undefined" : "no string"}, must be a string: Datadog's API key`,
    );
  const key = apiKey.trim();
  // The key itself is in no message, not even in an array: it would be in the logs.
  const problem =
    key === ""
      ? "is empty"
      : /^[0-9a-f]{40}$/i.test(key) || key.startsWith("ddapp_")
        ? "looks like an application key"
        : /^pub[0-9a-f]{32}$/i.test(key)
          ? "looks like a client token"
          : !/^[\x21-\x7e]+$/.test(key)
            ? "has characters that no key has"
            : key.length < 16
              ? `has only ${key.length} characters`
              : undefined;
  if (problem !== undefined)
    throw new RangeError(
      `apiKey ${problem}, must be an API key (32 hexadecimal digits), from Organization Settings > API Keys`,
    );
  return key;
}
