import { maskSecrets } from "@aiokpl/metrics-core/sink";
import { expect, test } from "vitest";
import { failureMessage, toFailure as meaningOf, wordsOf } from "./failure.ts";

const now = Date.now();
const toFailure = (thrown: unknown, stage: "sent" | "not sent" = "sent") =>
  meaningOf(thrown, { stage }, { now, mask: maskSecrets([]) });

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
  [sdkError("InvalidSignatureException", 403), "not-now"],
  [sdkError("RequestInTheFuture", 400), "not-now"],
  [sdkError("UnknownOperationException", 400), "not-now"],
  [sdkError("WhateverIsNew", 400), "not-now"],
  [
    sdkError("WhateverIsNew", 400, { message: "The value of MetricData.member.1 is odd." }),
    "invalid",
  ],
  [
    sdkError("InvalidParameterValueException", 400, {
      message: "The value for parameter Namespace is invalid.",
    }),
    "not-now",
  ],
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

test("the positions that a message names are given once each, counted from 0", () => {
  const message =
    "MetricData.member.9.Value is invalid.\nMetricData.member.2.Value and MetricData.member.9.Unit";
  const failure = toFailure(sdkError("InvalidParameterValue", 400, { message }));
  expect(failure).toMatchObject({ positions: [1, 8] });
});

test("a request that was never sent is not uncertain, whatever went wrong", () => {
  expect(toFailure(new TypeError("a provider of credentials failed"), "not sent").means).toBe(
    "not-now",
  );
});

test.each([
  [{ "retry-after": "7" }, 7_000],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": new Date(now - 5_000).toUTCString() }, 0],
  [{ "x-amz-retry-after": "1500" }, 1_500],
  [{}, undefined],
])("the headers %j ask for a delay of %s ms", (headers, retryAfterMs) => {
  const $response = { statusCode: 400, headers };
  const failure = toFailure(sdkError("Throttling", 400, { $response }));
  expect(failure).toMatchObject({ retryAfterMs });
});

test("the error for a refused signature leaves out the signed text, which holds the session token", () => {
  const message =
    "The signature does not match.\n\nThe Canonical String …\nx-amz-security-token:SECRET";
  const { error } = toFailure(sdkError("InvalidSignatureException", 403, { message }));
  expect(wordsOf(error)).toBe("InvalidSignatureException: The signature does not match.");
  expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain("SECRET");
});

test.each([
  [{ "x-amzn-failure-message": "InvalidEntity" }, "InvalidEntity"],
  [{}, undefined],
])("the failure message of an answer with the headers %j is %s", (headers, message) => {
  expect(failureMessage({ host: "h", status: 200, headers, body: "", isCut: false })).toBe(message);
});
