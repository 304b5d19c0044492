/**
 * The metrics of the Kinesis Producer Library, with its names and levels. A Kinesis record contains
 * several user records. `shard` is the shard that the producer predicted, unless the description
 * says otherwise. It is spelled as the service spells it (`shardId-000000000012`).
 *
 * @see https://github.com/awslabs/amazon-kinesis-producer/blob/master/metrics.md
 */
export const kplMetrics = {
  UserRecordsReceived: {
    kind: "counter",
    unit: "{record}",
    level: "detailed",
    description: "User records handed to the producer: 1 for each.",
    dimensions: ["stream"],
  },
  UserRecordsPending: {
    kind: "gauge",
    unit: "{record}",
    level: "detailed",
    description: "User records handed to the producer and not finished yet, read every 200 ms.",
    dimensions: ["stream"],
  },
  UserRecordsPut: {
    kind: "counter",
    unit: "{record}",
    level: "summary",
    description:
      "Finished user records: 1 for a success, on the shard that took the record; 0 for a failure.",
    dimensions: ["stream", "shard?"],
  },
  UserRecordsDataPut: {
    kind: "counter",
    unit: "By",
    level: "detailed",
    description:
      "Bytes of the user records that finished with success, without their partition keys.",
    dimensions: ["stream", "shard?"],
  },
  KinesisRecordsPut: {
    kind: "counter",
    unit: "{record}",
    level: "summary",
    description:
      "Kinesis records that the service answered: 1 if it took the record, 0 if not, and nothing if the whole request failed.",
    dimensions: ["stream", "shard?"],
  },
  KinesisRecordsDataPut: {
    kind: "counter",
    unit: "By",
    level: "detailed",
    description:
      "Bytes of the Kinesis records that the service took, including all that counts towards its limits.",
    dimensions: ["stream", "shard?"],
  },
  ErrorsByCode: {
    kind: "counter",
    unit: "{error}",
    level: "summary",
    description:
      "Failures by code: 1 for each Kinesis record that the service did not take, or 1 without shard if a whole request failed.",
    dimensions: ["code", "stream", "shard?"],
  },
  AllErrors: {
    kind: "counter",
    unit: "{error}",
    level: "summary",
    description:
      "Failures as in ErrorsByCode, and 0 for each Kinesis record that the service took, so that the average is the error rate.",
    dimensions: ["stream", "shard?"],
  },
  RetriesPerRecord: {
    kind: "distribution",
    unit: "{retry}",
    level: "detailed",
    description:
      "Attempts after the first that a user record had needed when it finished, with success or failure.",
    dimensions: ["stream", "shard?"],
  },
  UserRecordExpired: {
    kind: "counter",
    unit: "{record}",
    level: "summary",
    description: "User records given up because their time to live was over: 1 for each.",
    dimensions: ["stream", "shard?"],
  },
  BufferingTime: {
    kind: "distribution",
    unit: "ms",
    level: "summary",
    description:
      "Time that a finished user record waited before each of its attempts, since it arrived or since the attempt before.",
    dimensions: ["stream", "shard?"],
  },
  RequestTime: {
    kind: "distribution",
    unit: "ms",
    level: "detailed",
    description: "Duration of each PutRecords request, with success or failure.",
    dimensions: ["stream"],
  },
  UserRecordsPerKinesisRecord: {
    kind: "distribution",
    unit: "{record}",
    level: "detailed",
    description: "User records in each Kinesis record of a PutRecords request, retries included.",
    dimensions: ["stream", "shard?"],
  },
  KinesisRecordsPerPutRecordsRequest: {
    kind: "distribution",
    unit: "{record}",
    level: "detailed",
    description: "Kinesis records in each PutRecords request.",
    dimensions: ["stream"],
  },
  UserRecordsPerPutRecordsRequest: {
    kind: "distribution",
    unit: "{record}",
    level: "detailed",
    description: "User records in each PutRecords request, over all of its Kinesis records.",
    dimensions: ["stream"],
  },
} as const;
