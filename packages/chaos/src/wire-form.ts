import type { MetricSnapshot } from "@aiokpl/metrics-core";

/** One snapshot in the form in which it is sent to the vendor. */
export interface WirePoint {
  readonly name: string;
  readonly count: number;
  readonly sum: number;
}

/** A vendor's answer to a request, by the position of the points. Points in neither list are not accepted now. */
export interface WireAnswer {
  readonly accepted: readonly number[];
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}

/** The body of a request. */
export function toBody(snapshots: readonly MetricSnapshot[]): string {
  return JSON.stringify(
    snapshots.map(({ name, kind, unit, count, sum, min, max, last, dimensions, windowStart }) => {
      return { name, kind, unit, count, sum, min, max, last, dimensions, windowStart };
    }),
  );
}

/** The points in a request's body. */
export function readPoints(body: string): readonly WirePoint[] {
  const points: WirePoint[] = JSON.parse(body);
  return points;
}

/** A vendor's answer, or undefined if the body is not from this vendor. */
export function readAnswer(body: string): WireAnswer | undefined {
  try {
    const answer: Partial<WireAnswer> | null = JSON.parse(body);
    const { accepted, rejected } = answer ?? {};
    return Array.isArray(accepted) && Array.isArray(rejected) ? { accepted, rejected } : undefined;
  } catch {
    return undefined;
  }
}

/** The pause that a `retry-after` or `retry-after-ms` header asks for, in milliseconds; 0 without such a header. */
export function retryAfterMs(headers: Headers): number {
  const ms = Number(headers.get("retry-after-ms") ?? NaN);
  const seconds = Number(headers.get("retry-after") ?? NaN);
  if (ms >= 0) return ms;
  return seconds >= 0 ? seconds * 1_000 : 0;
}
