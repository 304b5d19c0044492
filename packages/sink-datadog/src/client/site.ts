import { show } from "@aiokpl/metrics-core/sink";

const SITES =
  "datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com, ddog-gov.com";

/**
 * Returns the address of a site's API.
 *
 * @throws TypeError or RangeError where it is not a site
 * @see https://docs.datadoghq.com/getting_started/site/
 */
export function siteUrl(site: unknown): string {
  if (typeof site !== "string") throw new TypeError(`site is ${show(site)}, must be a string`);
  const name = site
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
  const host = name.replace(/^(app|api|www)\./, "");
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(host))
    throw new RangeError(`site is ${show(site)}, must be a Datadog site such as ${SITES}`);
  return `https://api.${host}`;
}
