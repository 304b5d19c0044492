import { expect, test } from "vitest";
import { toFailure } from "./failure.ts";

function sdkError(name: string, status: number | undefined, more: object = {}): Error {
  const $metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error("words"), { name, $metadata, ...more });
}

test.each([
  [sdkError("Throttling", 400), "not-now"],
  [sdkError("ThrottlingException", 400), "not-now"],
  [sdkError("UnknownError", 429), "not-now"],
  [sdkError("ServiceUnavailable", 503), "not-now"],
  [sdkError("InternalServiceFault", 500), "unknown"],
  [sdkError("SyntaxError", 502), "unknown"],
  [sdkError("SyntaxError", 200), "unknown"],
  [sdkError("ExpiredToken", 400), "not-now"],
  [sdkError("ExpiredTokenException", 403), "not-now"],
  [sdkError("AccessDenied", 403), "not-now"],
  [sdkError("SignatureDoesNotMatch", 403), "not-now"],
  [sdkError("InvalidClientTokenId", 403), "not-now"],
  [sdkError("CredentialsProviderError", undefined), "not-now"],
  [sdkError("Error", undefined, { message: "Region is missing" }), "not-now"],
  [sdkError("UnknownError", 404), "not-now"],
  [sdkError("SyntaxError", 400), "not-now"],
  [sdkError("RequestEntityTooLarge", 413), "too-large"],
  [sdkError("InvalidParameterValueException", 400), "invalid"],
  [
    sdkError("InvalidParameterCombinationException", 400, { Code: "InvalidParameterCombination" }),
    "invalid",
  ],
  [sdkError("MissingRequiredParameterException", 400), "invalid"],
  [sdkError("SerializationException", 400), "invalid"],
  [sdkError("Error", undefined, { code: "ECONNREFUSED" }), "not-now"],
  [sdkError("Error", undefined, { code: "ENOTFOUND" }), "not-now"],
  [
    sdkError("TimeoutError", undefined, {
      message: "did not establish a connection to the server",
    }),
    "not-now",
  ],
  [sdkError("TimeoutError", undefined), "unknown"],
  [sdkError("Error", undefined, { code: "ECONNRESET" }), "unknown"],
  ["a string", "unknown"],
  [undefined, "unknown"],
])("%s means %s", (error, means) => {
  expect(toFailure(error).means).toBe(means);
});

test("positions are those that the message names, each once, from 0", () => {
  const message =
    "MetricData.member.9.Value is invalid.\nMetricData.member.2.Value and MetricData.member.9.Unit";
  const failure = toFailure(sdkError("InvalidParameterValue", 400, { message }));
  expect(failure).toMatchObject({ positions: [1, 8] });
});

test.each([
  ["7", 7_000],
  ["soon", undefined],
  [new Date(Date.now() - 5_000).toUTCString(), 0],
])("retry-after: %s is %s ms", (header, retryAfterMs) => {
  const error = sdkError("Throttling", 400, {
    $response: { statusCode: 400, headers: { "retry-after": header } },
  });
  expect(toFailure(error)).toMatchObject({ retryAfterMs });
});
