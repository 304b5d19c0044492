import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { printable } from "@aiokpl/metrics-core/sink";
import { withoutBlanks } from "../series/blank-dimensions.ts";
import { datumTimestamp } from "./datum-timestamp.ts";

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
const MAX_NAME_CHARACTERS = 255;
const MAX_DIMENSIONS = 30;
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
const MAX_DIMENSION_NAME_CHARACTERS = 255;
const MAX_DIMENSION_VALUE_CHARACTERS = 1_024;
const MAX_MAGNITUDE = 2 ** 360;
/** A time stamp may be this old at most. */
const MAX_AGE_MS = 14 * 86_400_000;
/** A time stamp may be this far ahead at most. */
const MAX_AHEAD_MS = 2 * 3_600_000;

/** The age up to which a sink may send a snapshot, in milliseconds: an hour less than CloudWatch's limit, since sending takes time. */
export const SAFE_AGE_MS: number = MAX_AGE_MS - 3_600_000;

/** At least one character is no space. */
const PRINTABLE_ASCII = /^ *[\x21-\x7e][\x20-\x7e]*$/;

/**
 * Why CloudWatch would refuse this snapshot, and with it the whole request; undefined where it would
 * not.
 *
 * @param now in milliseconds since the epoch
 */
export function invalidReason(snapshot: MetricSnapshot, now: number): string | undefined {
  const { name, sum, min, max } = snapshot;
  if (!isText(name, MAX_NAME_CHARACTERS))
    return textReason("metric name", name, MAX_NAME_CHARACTERS);
  const dimensions = withoutBlanks(snapshot.dimensions);
  if (dimensions.length > MAX_DIMENSIONS) {
    const names = dimensions.map(([each]) => each).join(", ");
    return `${dimensions.length} dimensions, at most ${MAX_DIMENSIONS} are allowed: ${excerpt(names)}`;
  }
  for (const [dimension, value] of dimensions) {
    const wrongName = invalidDimensionNameReason(dimension);
    if (wrongName !== undefined) return wrongName;
    if (!isText(value, MAX_DIMENSION_VALUE_CHARACTERS))
      return textReason(`value of dimension ${dimension},`, value, MAX_DIMENSION_VALUE_CHARACTERS);
  }
  if (!isInRange(sum) || !isInRange(min) || !isInRange(max))
    return `sum is ${sum}, min ${min} and max ${max}: each must be a number from -2^360 to 2^360`;
  const timestamp = datumTimestamp(snapshot);
  if (!(timestamp >= now - MAX_AGE_MS))
    return `its time stamp is ${when(timestamp)}: CloudWatch takes nothing that is two weeks old`;
  if (!(timestamp <= now + MAX_AHEAD_MS))
    return `its time stamp is ${when(timestamp)}, more than two hours ahead of this machine's clock`;
  return undefined;
}

/** Why CloudWatch would refuse a dimension of this name; undefined where it would not. */
export function invalidDimensionNameReason(name: string): string | undefined {
  if (!isText(name, MAX_DIMENSION_NAME_CHARACTERS))
    return textReason("dimension name", name, MAX_DIMENSION_NAME_CHARACTERS);
  return name.startsWith(":")
    ? `dimension name ${excerpt(name)} must not begin with a colon`
    : undefined;
}

/** Why CloudWatch would refuse this namespace; undefined where it would not. */
export function invalidNamespaceReason(namespace: string): string | undefined {
  if (!isText(namespace, MAX_NAME_CHARACTERS))
    return textReason("namespace", namespace, MAX_NAME_CHARACTERS);
  if (namespace.startsWith(":")) return "must not begin with a colon";
  return namespace.startsWith("AWS/")
    ? "must not begin with AWS/, which is Amazon's own"
    : undefined;
}

function isInRange(value: number): boolean {
  return value >= -MAX_MAGNITUDE && value <= MAX_MAGNITUDE;
}

function isText(text: string, maxCharacters: number): boolean {
  return text.length <= maxCharacters && PRINTABLE_ASCII.test(text);
}

/** What is wrong with a text that CloudWatch would refuse. */
function textReason(what: string, text: string, maxCharacters: number): string {
  if (text.length > maxCharacters)
    return `${what} ${excerpt(text)} has ${text.length} characters, at most ${maxCharacters} are allowed`;
  if (text.trim() === "") return `${what} ${excerpt(text)} is blank`;
  return `${what} ${excerpt(text)} must be printable ASCII`;
}

function excerpt(text: string): string {
  return JSON.stringify(printable(text, 60));
}

function when(time: number): string {
  return Number.isFinite(time) && Math.abs(time) <= 8.64e15
    ? new Date(time).toISOString()
    : String(time);
}
