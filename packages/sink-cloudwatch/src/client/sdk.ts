/** The AWS SDK's package for CloudWatch, which is loaded when the sink is opened. */
export type Sdk = typeof import("@aws-sdk/client-cloudwatch");
