import { inspect } from "node:util";
import { MetricsManager } from "@aiokpl/metrics-core";
import { exampleSnapshots, type IntakeScript, startIntakeServer } from "@aiokpl/sink-testkit";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { CloudWatchSink } from "./cloudwatch-sink.ts";
import type { CloudWatchSinkOptions } from "./cloudwatch-options.ts";
import { refusal } from "./testing/fake-cloudwatch.ts";

const region = "eu-west-1";
const sessionToken = "IQoJb3JpZ2luX2VjEOz//////////wEaCXVz+LXdlc3QtMiJHMEUCIQ==";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken };

/** What belongs to a request or a response, and a secret in each form that is tried. */
const FORBIDDEN = [
  ...[sessionToken, secretAccessKey].flatMap((secret) => [
    secret,
    secret.toUpperCase(),
    secret.toLowerCase(),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").slice(0, -4),
    Buffer.from(` ${secret}`).toString("base64").slice(4, -4),
  ]),
  "AWS4-HMAC",
  "$response",
  "IncomingMessage",
  "HttpResponse",
  "ClientRequest",
  "Socket {",
];

/** All that can be seen of a value, whoever prints it and in whichever way. */
function allOf(value: unknown): string {
  const options = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity };
  const parts = [inspect(value, { ...options, showHidden: true, getters: true })];
  parts.push(inspect(value, options));
  for (let each = value, depth = 0; each instanceof Error && depth < 20; depth++) {
    parts.push(String(each), String(each.stack), JSON.stringify(each));
    parts.push(JSON.stringify(Object.getOwnPropertyDescriptors(each)));
    each = each.cause;
  }
  parts.push(JSON.stringify(value) ?? "");
  return parts.join("\n");
}

function expectNoSecret(value: unknown): void {
  const all = allOf(value);
  for (const each of FORBIDDEN) expect(all).not.toContain(each);
}

/** Says back all that it was sent, in each form. */
const echo =
  (status: number, toBody: (text: string) => string): IntakeScript =>
  ({ headers }) => {
    const text = JSON.stringify(headers);
    const token = String(headers["x-amz-security-token"]);
    const forms = [text, token.toUpperCase(), encodeURIComponent(token)];
    forms.push(Buffer.from(token).toString("base64"), Buffer.from(` ${token}`).toString("base64"));
    return {
      status,
      headers: {
        "content-type": "text/html",
        "x-amzn-failure-message": token,
        location: `https://${encodeURIComponent(token)}.example`,
        "x-amzn-requestid": token,
      },
      body: toBody(forms.join(" ")),
    };
  };

const stated = (name: string) => (text: string) =>
  JSON.stringify({ __type: name, message: `${text}\n${text}`, Code: text });

const scripts: readonly (readonly [string, IntakeScript])[] = [
  ["a page, 200", echo(200, (text) => text)],
  ["a page, 400", echo(400, (text) => `<html>${text}`)],
  ["a page, 500", echo(500, (text) => text)],
  ["a redirect", echo(301, (text) => text)],
  ["a refusal of the data", echo(400, stated("InvalidParameterValueException"))],
  ["a refusal of the signature", echo(403, stated("SignatureDoesNotMatch"))],
  ["an error's name", echo(400, (text) => JSON.stringify({ __type: text, message: "no" }))],
  ["XML", echo(400, (text) => `<ErrorResponse><Code>x</Code><Message>${text}</Message>`)],
  ["a throttle", refusal("ThrottlingException", "Rate exceeded", 400, "Throttling")],
  ["what is too large", echo(413, (text) => text)],
  ["an end in the middle", { status: 200, body: "{}".repeat(9), reset: "mid-body" }],
  ["an error that ends in the middle", { status: 400, body: "{}".repeat(9), reset: "mid-body" }],
  ["a reset", { reset: "before" }],
  ["what is not HTTP", { garbage: `HTTP/1.1 200\r\n${sessionToken}\r\n\r\n` }],
  ["nothing", { hang: true }],
];

describe.each(["the sink's own client", "client", "createClient"])("with %s", (which) => {
  test.each(scripts)(
    "no secret and nothing of the connection is in what is told of %s",
    async (_, script) => {
      await using intake = await startIntakeServer({ script });
      const told: unknown[] = [];
      const client = new CloudWatchClient({
        region,
        credentials,
        endpoint: intake.url,
        maxAttempts: 1,
      });
      const options: Readonly<Record<string, CloudWatchSinkOptions>> = {
        "the sink's own client": { region, credentials, endpoint: intake.url },
        client: { client },
        createClient: { createClient: () => client },
      };
      const sink = new CloudWatchSink({
        ...options[which],
        onWarning: (message) => told.push(message),
      });
      const metrics = new MetricsManager({
        sink,
        exportIntervalMs: 0,
        onError: (error) => told.push(error),
      });
      metrics.count("a");
      told.push(await metrics.flush({ timeoutMs: 400 }), metrics.stats());
      told.push(await metrics.close({ timeoutMs: 200 }), metrics.stats());
      client.destroy();
      expect(told.some((each) => each instanceof Error || typeof each === "string")).toBe(true);
      for (const each of told) expectNoSecret(each);
    },
  );
});

test("nor in what is told of credentials or a client that fails with a response in its error", async () => {
  await using intake = await startIntakeServer({ script: { body: "{}" } });
  const $response = { headers: { authorization: "AWS4-HMAC-SHA256" }, body: sessionToken };
  const failure = (): Error =>
    Object.assign(new Error(`can't assume a role with ${sessionToken}`, { cause: { $response } }), {
      $response,
      code: sessionToken,
      retryable: false,
    });
  const before = { ...process.env };
  process.env["AWS_SESSION_TOKEN"] = sessionToken;
  try {
    const fail = () => Promise.reject(failure());
    for (const options of [
      { region, endpoint: intake.url, credentials: fail },
      { createClient: fail },
    ]) {
      const sink = new CloudWatchSink(options);
      const { signal } = new AbortController();
      const snapshots = exampleSnapshots({ series: [{ name: "a" }] });
      const { cause, retry } = await sink.export(snapshots, { signal });
      expect(retry).toEqual(snapshots);
      expect(String(cause)).toContain("can't assume a role with ***");
      expectNoSecret(cause);
      const opened = await sink.open().catch((error: unknown) => error);
      expectNoSecret(opened);
    }
    const opened = await new CloudWatchSink({ createClient: fail }).open().catch((error) => error);
    expect(opened).toMatchObject({ retryable: false, message: "can't assume a role with ***" });
  } finally {
    process.env = before;
  }
});

test("an error has the status, the id of the request, and a short text without line breaks or escapes", async () => {
  const words = `first\nsecond\u001b[31m\u202e\u2028${"x".repeat(1_000)}`;
  const refused = refusal("ThrottlingException", words);
  await using intake = await startIntakeServer({
    script: {
      ...refused,
      headers: { ...refused.headers, "x-amzn-requestid": "id-1", "retry-after": "3" },
    },
  });
  const sink = new CloudWatchSink({ region, credentials, endpoint: intake.url });
  const { cause } = await sink.export(exampleSnapshots({ series: [{ name: "a" }] }), {
    signal: new AbortController().signal,
  });
  expect(cause).toMatchObject({
    message: expect.stringMatching(/^ThrottlingException: first second \[31m x+…$/),
    cause: { name: "ThrottlingException", status: 400, requestId: "id-1", retryAfterMs: 3_000 },
  });
  expect(String(cause).length).toBeLessThan(600);
});
