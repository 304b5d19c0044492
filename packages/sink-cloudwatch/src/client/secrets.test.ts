import { expect, test } from "vitest";
import { secretsOfRequest, secretsOfSettings } from "./secrets.ts";

test("the secrets of settings are those of the option and of the environment", () => {
  const env = { AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c", AWS_ACCESS_KEY_ID: "id" };
  expect(secretsOfSettings({ secretAccessKey: "a", accessKeyId: "id" }, env)).toEqual([
    "a",
    "b",
    "c",
  ]);
  expect(secretsOfSettings(async () => ({}), {})).toEqual([]);
});

test("the secrets of a request are in its headers, the signature also by itself", () => {
  const headers = {
    Authorization: "AWS4-HMAC-SHA256 Credential=id/x, Signature=0123abcd",
    "x-amz-security-token": "token",
    host: "h",
  };
  expect(secretsOfRequest({ headers })).toEqual([headers.Authorization, "0123abcd", "token"]);
  expect(secretsOfRequest(undefined)).toEqual([]);
});
