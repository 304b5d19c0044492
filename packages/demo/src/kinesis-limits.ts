// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html

/** Most records that one PutRecords request may carry. */
export const MAX_RECORDS_PER_REQUEST = 500;

/** Most bytes that one PutRecords request may carry: data and partition keys of all its records. */
export const MAX_REQUEST_BYTES = 5 * 1024 * 1024;

/** Most bytes of one record: its data and its partition key. */
const MAX_RECORD_BYTES = 1024 * 1024;

/** Most bytes that this program lets a partition key take. Kinesis allows 256 characters. */
export const MAX_KEY_BYTES = 96;

/** Most bytes of data that a user record may have, so that there is room for any partition key beside it. */
export const MAX_DATA_BYTES: number = MAX_RECORD_BYTES - MAX_KEY_BYTES;

/** The largest size of a Kinesis record that holds several user records; the KPL's `aggregationMaxSize`. */
export const AGGREGATION_BYTES = 51_200;
