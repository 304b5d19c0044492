import type { StandardUnit } from "@aws-sdk/client-cloudwatch";

/**
 * CloudWatch's units by UCUM code. A UCUM code in braces is a count of something, and is handled below.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
 */
const UNITS: Readonly<Record<string, StandardUnit>> = {
  s: "Seconds",
  ms: "Milliseconds",
  us: "Microseconds",
  By: "Bytes",
  kBy: "Kilobytes",
  MBy: "Megabytes",
  GBy: "Gigabytes",
  TBy: "Terabytes",
  bit: "Bits",
  kbit: "Kilobits",
  Mbit: "Megabits",
  Gbit: "Gigabits",
  Tbit: "Terabits",
  "%": "Percent",
  "By/s": "Bytes/Second",
  "kBy/s": "Kilobytes/Second",
  "MBy/s": "Megabytes/Second",
  "GBy/s": "Gigabytes/Second",
  "TBy/s": "Terabytes/Second",
  "bit/s": "Bits/Second",
  "kbit/s": "Kilobits/Second",
  "Mbit/s": "Megabits/Second",
  "Gbit/s": "Gigabits/Second",
  "Tbit/s": "Terabits/Second",
};

const COUNT = /^\{[^{}]*\}$/;
const RATE = /^(?:\{[^{}]*\}|1)\/s$/;

/**
 * The one of CloudWatch's 27 units that means the same as a UCUM code, so that no value needs a
 * conversion; undefined where there is none. `1` has none: it is the unit of metrics that were
 * declared without a unit.
 */
export function toStandardUnit(ucum: string): StandardUnit | undefined {
  if (Object.hasOwn(UNITS, ucum)) return UNITS[ucum];
  if (COUNT.test(ucum)) return "Count";
  return RATE.test(ucum) ? "Count/Second" : undefined;
}
