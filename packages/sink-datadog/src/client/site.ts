import { show } from "@aiokpl/metrics-core/sink";

/** https://docs.datadoghq.com/getting_started/site/ */
const SITES = [
  "datadoghq.com",
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "ddog-gov.com",
];

/** The longest name that a host can have. */
const MAX_HOST = 253;

/**
 * Returns the address of a site's API. Warns where the site is none that is known, since the key goes
 * there.
 *
 * @throws TypeError or RangeError where it is not a host name; the error does not have it, because it may be a key
 */
export function siteUrl(site: unknown, warn: (message: string) => void): string {
  if (typeof site !== "string") throw new TypeError("site must be a string");
  const name = site
    .trim()
    .slice(0, MAX_HOST + 1)
    .toLowerCase();
  const host = name.replace(/^https?:\/\//, "").replace(/^(app|api|www)\./, "");
  const withoutSlash = host.endsWith("/") ? host.slice(0, -1) : host;
  if (name.length > MAX_HOST || !isHostName(withoutSlash))
    throw new RangeError(`site must be a Datadog site such as ${SITES.join(", ")}`);
  if (!SITES.includes(withoutSlash))
    warn(
      `the site ${show(withoutSlash)} is none of Datadog's that are known (${SITES.join(", ")}); the API key is sent to it`,
    );
  return `https://api.${withoutSlash}`;
}

function isHostName(host: string): boolean {
  const labels = host.split(".");
  return (
    labels.length >= 2 &&
    labels.every((label) => /^[a-z0-9-]{1,63}$/.test(label) && !/^-|-$/.test(label)) &&
    /^[a-z]{2,}$/.test(labels.at(-1) ?? "")
  );
}
