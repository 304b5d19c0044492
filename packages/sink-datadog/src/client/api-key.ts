/**
 * Checks an API key and returns it without surrounding white space.
 *
 * @throws TypeError or RangeError where it is missing, impossible, or another kind of key; the error never has the key
 */
export function checkApiKey(apiKey: unknown): string {
  if (typeof apiKey !== "string")
    throw new TypeError(
      `apiKey is ${apiKey === undefined ? "undefined" : "not a string"}, must be a string: an API key of your Datadog account`,
    );
  const key = apiKey.trim();
  // No message shows the value, because messages end up in logs.
  const problem =
    key === ""
      ? "is empty"
      : /^[0-9a-f]{40}$/i.test(key) || key.startsWith("ddapp_")
        ? "looks like an application key"
        : /^pub[0-9a-f]{32}$/i.test(key)
          ? "looks like a client token"
          : !/^[\x21-\x7e]+$/.test(key)
            ? "has characters that an API key can't have"
            : key.length < 16
              ? `has only ${key.length} characters`
              : undefined;
  if (problem !== undefined)
    throw new RangeError(
      `apiKey ${problem}, must be an API key (32 hexadecimal digits), from Organization Settings > API Keys`,
    );
  return key;
}
