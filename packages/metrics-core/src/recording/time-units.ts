const PER_MS: Readonly<Record<string, number>> = {
  ns: 1e6,
  us: 1e3,
  ms: 1,
  s: 1e-3,
  min: 1 / 60_000,
  h: 1 / 3_600_000,
  d: 1 / 86_400_000,
};

/** How many of a UCUM unit make a millisecond; undefined where it is no unit of time. */
export function unitsPerMs(unit: string): number | undefined {
  return Object.hasOwn(PER_MS, unit) ? PER_MS[unit] : undefined;
}
