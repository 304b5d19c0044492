import { maskSecrets } from "@aiokpl/metrics-core/sink";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { exporterError } from "./exporter-error.ts";
import { environmentSecrets, requestSecrets } from "./secrets.ts";

const basic = Buffer.from("someone:hunter2hunter2").toString("base64");
const env = {
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Basic%20${basic},api-key=k-123456789`,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-honeycomb-team=hcaik_01hq",
  OTEL_EXPORTER_OTLP_ENDPOINT:
    "https://user:passw0rd@example.com/t0ken-in-path/?token=abcdef123456",
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "//no address: s3cret",
};
const mask = maskSecrets(environmentSecrets(env));
const shown = (text: string): string =>
  inspect(exporterError(Object.assign(new Error(text), { data: text }), mask), {
    showHidden: true,
  });

test.each([
  "hunter2hunter2",
  basic,
  "k-123456789",
  "hcaik_01hq",
  "passw0rd",
  "t0ken-in-path",
  "abcdef123456",
  "//no address: s3cret",
])("%s, from the environment, is in no field of an error", (secret) => {
  expect(shown(`refused: ${secret}, sorry`)).toContain("refused: ***, sorry");
  expect(shown(`refused: ${secret}, sorry`)).not.toContain(secret);
});

test("what a request was sent with is a secret, except what says nothing", () => {
  const headers = {
    "content-type": "application/x-protobuf",
    authorization: "Bearer abcdefgh",
    n: 12345678,
  };
  const found = requestSecrets(headers, "/v1/metrics?key=12345678901");
  expect(found).toEqual(
    expect.arrayContaining(["Bearer abcdefgh", "abcdefgh", "12345678", "12345678901"]),
  );
  expect(found).not.toContain("application/x-protobuf");
});

test("the status, codes and causes stay, the vendor's objects do not", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), {
    code: "ECONNREFUSED",
    socket: {},
  });
  const error = exporterError(
    Object.assign(new Error("no", { cause }), { code: 503, data: "busy\n", response: {} }),
    mask,
  );
  expect(error).toMatchObject({
    message: "no",
    status: 503,
    answer: "busy ",
    cause: { code: "ECONNREFUSED" },
  });
  expect(Object.keys(error)).not.toContain("response");
  expect(Object.keys(error.cause ?? {})).not.toContain("socket");
});

test("whatever is thrown can be shown", () => {
  const circle: { cause?: unknown } = {};
  circle.cause = circle;
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  for (const thrown of [undefined, null, 1, Symbol("s"), circle, hostile, "text"])
    expect(exporterError(thrown, mask)).toBeInstanceOf(Error);
  expect(exporterError("text", mask).message).toBe("text");
});
