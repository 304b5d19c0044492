import { httpUrl, show } from "@aiokpl/metrics-core/sink";

/** Longer addresses are refused. */
const MAX_URL = 2_048;

/** To which hosts the key may go unencrypted. */
export type PlainHttp = "loopback" | "any host";

/**
 * Returns the address of an API, without a slash at its end.
 *
 * @throws TypeError or RangeError where it is none, or where it would send the key unencrypted to a host to which that is not allowed
 */
export function checkedBaseUrl(baseUrl: unknown, plainHttp: PlainHttp): string {
  if (typeof baseUrl !== "string")
    throw new TypeError(`baseUrl is ${show(baseUrl)}, must be a string`);
  if (baseUrl.length > MAX_URL)
    throw new RangeError(`baseUrl has ${baseUrl.length} characters, must have at most ${MAX_URL}`);
  const url = httpUrl("baseUrl", baseUrl);
  // A query may have a credential in it, so it is not shown.
  if (url.search + url.hash !== "")
    throw new RangeError("baseUrl must have no query and no fragment");
  if (url.protocol === "http:" && plainHttp === "loopback" && !isLoopback(url.hostname))
    throw new RangeError(
      "baseUrl must begin with https:// for another host than this one, because the API key is in every request; " +
        "the option allowPlainHttp: true allows http://",
    );
  return withoutSlashes(`${url.origin}${url.pathname}`);
}

function isLoopback(hostname: string): boolean {
  return (
    /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith(".localhost")
  );
}

function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end -= 1;
  return text.slice(0, end);
}
