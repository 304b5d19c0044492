import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleSnapshots, startIntakeServer } from "@aiokpl/sink-testkit";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CloudWatchSink } from "../index.ts";
import { refusal } from "../testing/fake-cloudwatch.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
const { signal } = new AbortController();
const snapshots = exampleSnapshots({ series: [{ name: "a" }] });

/** Sets variables of the environment, and hides those of this machine. */
function stubEnvironment(variables: Readonly<Record<string, string>> = {}): void {
  const none = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
  ];
  for (const name of none) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("open() rejects for good", () => {
  test("without a region, for each way to get a client, and names the variables that were read", async () => {
    stubEnvironment();
    const makeClient = () => new CloudWatchClient({ credentials, maxAttempts: 1 });
    for (const option of [{ credentials }, { client: makeClient() }, { createClient: makeClient }])
      await expect(new CloudWatchSink(option).open()).rejects.toMatchObject({
        retryable: false,
        message: expect.stringMatching(
          /AWS_REGION is not set, AWS_PROFILE is not set, and the profile "default" has no region in \/dev\/null/,
        ),
      });
  });

  test("without a region, and says that AWS_DEFAULT_REGION is not read", async () => {
    stubEnvironment({ AWS_DEFAULT_REGION: region });
    await expect(new CloudWatchSink({ credentials }).open()).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining("AWS_DEFAULT_REGION is set, but"),
    });
  });

  test("without a region, and names a profile that does not exist", async () => {
    stubEnvironment({ AWS_PROFILE: "no-such-profile" });
    await expect(new CloudWatchSink({ credentials }).open()).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining(
        'AWS_PROFILE is "no-such-profile", and neither /dev/null nor /dev/null has',
      ),
    });
  });

  test.each(["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])(
    "with %s and another endpoint, for each way to get a client",
    async (variable) => {
      stubEnvironment({ [variable]: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
      const makeClient = () => new CloudWatchClient({ region, credentials, maxAttempts: 1 });
      const own = { region, credentials };
      const withOption = { ...own, endpoint: "http://127.0.0.1:2" };
      for (const option of [
        own,
        withOption,
        { client: makeClient() },
        { createClient: makeClient },
      ])
        await expect(new CloudWatchSink(option).open()).rejects.toMatchObject({
          retryable: false,
          message: expect.stringContaining(variable),
        });
    },
  );

  test.each(["localhost:4566", "me:hunter2", "xyz"])(
    "when AWS_ENDPOINT_URL is %s, which is no http or https URL",
    async (url) => {
      stubEnvironment({ AWS_ENDPOINT_URL: url });
      const error = await new CloudWatchSink({ region, credentials }).open().catch(String);
      expect(error).toContain("not an http or https URL: check AWS_ENDPOINT_URL_CLOUDWATCH");
      expect(error).not.toContain(url);
    },
  );

  test("with a client of a release that can't send, and names the first release that can", async () => {
    // This makes it like a client of 3.929.0: no part of it can write a command of a later release.
    const client = new CloudWatchClient({ region, credentials, maxAttempts: 1 });
    client.middlewareStack.remove("serializerMiddleware");
    Reflect.deleteProperty(client.config, "protocol");
    const command = new PutMetricDataCommand({ Namespace: "a", MetricData: [] });
    expect(() => client.send(command)).toThrow("serializerMiddleware is not found");
    const sink = new CloudWatchSink({ client });
    await expect(sink.open()).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining("before 3.930.0"),
    });
    expect(await sink.export(snapshots, { signal })).toMatchObject({
      retry: snapshots,
      uncertain: [],
    });
  });

  test.each([{}, undefined, { send() {}, destroy() {} }])(
    "when createClient returns no client: %j",
    async (created) => {
      const createClient = () => created as unknown as CloudWatchClient;
      await expect(new CloudWatchSink({ createClient }).open()).rejects.toMatchObject({
        retryable: false,
        message: expect.stringContaining("what createClient returned"),
      });
    },
  );
});

test.each([{ ignoreConfiguredEndpointUrls: true }, { useFipsEndpoint: false }])(
  "open() takes a client whose own settings contradict nothing: %j",
  async (settings) => {
    stubEnvironment({ AWS_USE_FIPS_ENDPOINT: "true", AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    const client = new CloudWatchClient({ region, credentials, maxAttempts: 1, ...settings });
    await new CloudWatchSink({ client }).open();
  },
);

test("an endpoint in the profile is used, and open() makes no request to it", async () => {
  await using intake = await startIntakeServer({ script: { body: "{}" } });
  const folder = await mkdtemp(join(tmpdir(), "profile-"));
  try {
    const file = join(folder, "config");
    await writeFile(file, `[profile shop]\nregion = ${region}\nendpoint_url = ${intake.url}\n`);
    stubEnvironment({ AWS_CONFIG_FILE: file, AWS_PROFILE: "shop" });
    const sink = new CloudWatchSink({ credentials });
    await sink.open();
    expect(intake.requests).toHaveLength(0);
    expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: [], uncertain: [] });
    expect(intake.requests).toHaveLength(1);
    await sink.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("without credentials, the export's cause names a profile that does not exist", async () => {
  stubEnvironment({ AWS_PROFILE: "no-such-profile" });
  const { retry, cause } = await new CloudWatchSink({ region }).export(snapshots, { signal });
  expect(retry).toEqual(snapshots);
  expect(String(cause)).toContain(
    'AWS_PROFILE is "no-such-profile", and neither /dev/null nor /dev/null has',
  );
});

describe("a client that was passed in", () => {
  const clientTo = (endpoint: string, maxAttempts: number) =>
    new CloudWatchClient({ endpoint, region, credentials, maxAttempts });

  test.each([
    [1, []],
    [3, [expect.stringMatching(/maxAttempts is 3.*Make the client with maxAttempts: 1/)]],
  ])("and has maxAttempts: %i causes these warnings: %j", async (maxAttempts, expected) => {
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const client = clientTo("http://127.0.0.1:1", maxAttempts);
    await new CloudWatchSink({ client, onWarning }).open();
    expect(warnings).toEqual(expected);
  });

  test("and sends an expired token causes a warning, and the data is kept", async () => {
    await using intake = await startIntakeServer({
      script: refusal("ExpiredTokenException", "The security token is expired", 403),
    });
    const warnings: string[] = [];
    const onWarning = (message: string) => void warnings.push(message);
    const client = clientTo(intake.url, 1);
    const sink = new CloudWatchSink({ client, onWarning });
    for (let i = 0; i < 2; i++)
      expect(await sink.export(snapshots, { signal })).toMatchObject({ retry: snapshots });
    expect(warnings).toEqual([expect.stringContaining("expired token")]);
    client.destroy();
  });

  test("and can't read the refusal of a datum, as releases 3.949 to 3.972 can't, costs only that datum", async () => {
    const words = "The value for MetricData.member.1.Value is invalid.";
    const answers = [refusal("InvalidParameterValueException", words), { body: "{}" }];
    await using intake = await startIntakeServer({ script: answers });
    const client = clientTo(intake.url, 1);
    client.middlewareStack.add(
      (next) => (args) =>
        next(args).catch(() => {
          throw new TypeError("Cannot read properties of undefined (reading 'Type')");
        }),
      { step: "deserialize", priority: "high" },
    );
    const two = exampleSnapshots({ series: [{ name: "bad" }, { name: "good" }] });
    const { rejected, retry } = await new CloudWatchSink({ client }).export(two, { signal });
    expect(rejected).toEqual([
      { snapshot: two[0], reason: `InvalidParameterValueException: ${words}` },
    ]);
    expect(retry).toEqual([]);
    client.destroy();
  });
});
