import type { MetricDatum } from "@aws-sdk/client-cloudwatch";

/** A datum as the SDK writes it in the JSON body of a request: with its time stamp in seconds, with up to three decimals. */
export function datumJson(datum: MetricDatum): string {
  const { Timestamp } = datum;
  return JSON.stringify({ ...datum, Timestamp: Timestamp && Timestamp.getTime() / 1_000 });
}
