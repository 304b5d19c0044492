import type { SeriesOfMetric } from "@aiokpl/metrics-core/sink";

/** Converts a series' dimensions to attributes, and marks an overflow series with OpenTelemetry's own attribute. */
export function toAttributes({
  dimensions,
  overflow,
}: SeriesOfMetric): Record<string, string | boolean> {
  const attributes: Record<string, string | boolean> = {};
  // Object.fromEntries() would leave a third of the garbage of an export.
  for (let i = 0; i < dimensions.length; i++) {
    const pair = dimensions[i];
    if (pair !== undefined) setOwn(attributes, pair[0], pair[1]);
  }
  if (overflow === true) attributes["otel.metric.overflow"] = true;
  return attributes;
}

/** Assigning to `__proto__` would set no attribute. */
function setOwn(attributes: Record<string, string | boolean>, name: string, value: string): void {
  if (name === "__proto__")
    Object.defineProperty(attributes, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else attributes[name] = value;
}
