/** The KPL's metrics by area, as OpenTelemetry's conventions would have them. */
const KPL: Readonly<Record<string, string>> = {
  UserRecordsReceived: "user_records.received",
  UserRecordsPending: "user_records.pending",
  UserRecordsPut: "user_records.put",
  UserRecordsDataPut: "user_records.data_put",
  UserRecordExpired: "user_records.expired",
  UserRecordsPerKinesisRecord: "kinesis_records.user_records",
  KinesisRecordsPut: "kinesis_records.put",
  KinesisRecordsDataPut: "kinesis_records.data_put",
  KinesisRecordsPerPutRecordsRequest: "put_records.kinesis_records",
  UserRecordsPerPutRecordsRequest: "put_records.user_records",
  RequestTime: "put_records.duration",
  BufferingTime: "user_records.buffering_time",
  RetriesPerRecord: "user_records.retries",
  ErrorsByCode: "errors_by_code",
  AllErrors: "errors",
};

/**
 * A name in the style of OpenTelemetry's semantic conventions, for the option `nameOf`: those of the
 * KPL by area (`UserRecordsPut` is `user_records.put`), any other in snake case, with what no name may
 * have made `_`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/general/naming/
 */
export function semanticMetricName(name: string): string {
  if (Object.hasOwn(KPL, name)) return KPL[name] ?? name;
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9_.\-/]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
