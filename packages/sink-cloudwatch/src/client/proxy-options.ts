import { http } from "./node-http.ts";

/** Options of an agent, for {@link proxyOptions}. */
export interface ProxyOptions {
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>;
}

const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/**
 * What makes an agent use the proxies of the environment, where Node was told to
 * (`NODE_USE_ENV_PROXY`, `--use-env-proxy`, `http.setGlobalProxyFromEnv()`): Node itself sets this for
 * its global agent only. Nothing where Node was not told to, or is too old to have this.
 *
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function proxyOptions(): ProxyOptions {
  const options: unknown = Reflect.get(http.globalAgent, "options");
  const proxyEnv: unknown =
    typeof options === "object" && options !== null && Reflect.get(options, "proxyEnv");
  if (typeof proxyEnv !== "object" || proxyEnv === null) return {};
  // The global agent may keep the whole environment, credentials included.
  const entries = VARIABLES.flatMap((name) => {
    const value: unknown = Reflect.get(proxyEnv, name);
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { proxyEnv: Object.fromEntries(entries) };
}
