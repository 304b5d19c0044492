/** Names for the KPL's metrics in the style of OpenTelemetry's conventions, grouped by area. */
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
 * Returns a name in the style of OpenTelemetry's semantic conventions; made for the option `nameOf`.
 * Metrics of the KPL are grouped by area: `UserRecordsPut` becomes `user_records.put`. Other names
 * become snake case, and characters that OpenTelemetry does not allow become `_`.
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
    .replace(/^_+/, "")
    .replace(/(?<!_)_+$/, "");
}
