import type { MetricDatum } from "@aws-sdk/client-cloudwatch";

const DATUM = '{"MetricName":,"Timestamp":},'.length;
const DIMENSIONS = ',"Dimensions":[]'.length;
const DIMENSION = '{"Name":,"Value":},'.length;
const UNIT = ',"Unit":'.length;
const RESOLUTION = ',"StorageResolution":'.length;
const STATISTICS = ',"StatisticValues":{"SampleCount":,"Sum":,"Minimum":,"Maximum":}'.length;
const VALUES = ',"Values":,"Counts":'.length;

/** Text that JSON writes without an escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * The size in bytes of a datum of `toDatum` in the JSON body of a request, separator included. It is
 * added up without writing the JSON, since writing would be most of the cost of filling a request.
 */
export function jsonBytes(datum: MetricDatum): number {
  const { Dimensions = [], Unit, StorageResolution, StatisticValues, Values, Counts } = datum;
  // The SDK writes seconds, with up to three decimals.
  const time = (datum.Timestamp?.getTime() ?? 0) / 1_000;
  let bytes = DATUM + ofText(datum.MetricName) + ofNumber(time);
  for (const { Name, Value } of Dimensions) bytes += DIMENSION + ofText(Name) + ofText(Value);
  // The last dimension has no separator.
  if (Dimensions.length > 0) bytes += DIMENSIONS - 1;
  if (Unit !== undefined) bytes += UNIT + ofText(Unit);
  if (StorageResolution !== undefined) bytes += RESOLUTION + ofNumber(StorageResolution);
  if (Values !== undefined)
    bytes += VALUES + JSON.stringify(Values).length + JSON.stringify(Counts).length;
  if (StatisticValues !== undefined) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    bytes += STATISTICS + ofNumber(SampleCount) + ofNumber(Sum);
    bytes += ofNumber(Minimum) + ofNumber(Maximum);
  }
  return bytes;
}

function ofNumber(number: number | undefined): number {
  return String(number).length;
}

function ofText(text = ""): number {
  return PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}
