/** https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics: "must not exceed 200 characters". */
const MAX_NAME = 200;

/** Returns the name of a metric at Datadog: namespace, dot, name, with `_` for all but ASCII letters, digits, `_` and `.`. */
export function metricName(namespace: string, name: string): string {
  return `${namespace === "" ? "" : `${namespace}.`}${name}`.replace(/[^A-Za-z0-9_.]/gu, "_");
}

/** Returns why Datadog takes no metric of this name, or undefined where it does. */
export function invalidNameReason(name: string): string | undefined {
  if (!/^[A-Za-z]/.test(name))
    return `the name ${JSON.stringify(name.slice(0, 50))} does not begin with a letter`;
  if (name.length > MAX_NAME)
    return `the name ${name.slice(0, 50)}… has ${name.length} characters, at most ${MAX_NAME} are allowed`;
  if (/[^A-Za-z0-9_.]/.test(name))
    return `the name ${JSON.stringify(name.slice(0, 50))} has characters other than ASCII letters, digits, _ and .`;
  return undefined;
}

/** Returns the suffix of a percentile's gauge, named as in datadog-metrics: `median`, `95percentile`, `99.9percentile`. */
export function percentileSuffix(quantile: number): string {
  return quantile === 0.5 ? "median" : `${Number((quantile * 100).toFixed(6))}percentile`;
}
