/** Returns a unit as OpenTelemetry writes it: empty for core's `1`, which means none, and for an illegal unit. */
export function unitOf(unit: string): string {
  return unit !== "1" && isLegalUnit(unit) ? unit : "";
}

/** Returns whether OpenTelemetry allows a unit: at most 63 ASCII characters. */
export function isLegalUnit(unit: string): boolean {
  return /^[\x20-\x7e]{0,63}$/.test(unit);
}
