import { expect, test, vi } from "vitest";
import { CloudWatchSink } from "../cloudwatch-sink.ts";
import { createSink } from "../create-sink.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "key", secretAccessKey: "secret" };

async function warningsOf(endpoint: string, verifyTls?: boolean): Promise<readonly string[]> {
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  await new CloudWatchSink({ endpoint, region, credentials, verifyTls, onWarning }).open();
  return warnings;
}

test.each([
  "https://localhost:1",
  "https://a.localhost",
  "https://127.0.0.1",
  "https://127.9.9.9",
  "https://[::1]:1",
])("verifyTls: false warns of nothing where the endpoint is this machine: %s", async (endpoint) => {
  expect(await warningsOf(endpoint, false)).toEqual([]);
});

test.each([
  ["https://monitoring.eu-west-1.amazonaws.com"],
  ["https://127.0.0.1.example"],
  ["https://localhost.example"],
  ["https://10.0.0.1"],
  ["https://[::2]"],
])(
  "verifyTls: false warns at each start where the endpoint is another machine: %s",
  async (url) => {
    for (let start = 0; start < 2; start++)
      expect(await warningsOf(url, false)).toEqual([
        expect.stringMatching(/verifyTls is false.*whoever pretends to be/),
      ]);
    expect(await warningsOf(url)).toEqual([]);
  },
);

test("a plain http endpoint on another machine gets a warning, and one on this machine none", async () => {
  expect(await warningsOf("http://moto.example:5000")).toEqual([
    expect.stringContaining("requests to moto.example go over plain http"),
  ]);
  expect(await warningsOf("http://127.0.0.1:5000")).toEqual([]);
});

test("AIOKPL_CLOUDWATCH_VERIFY_TLS=false warns by a process warning, at each start", async () => {
  vi.stubEnv("AWS_REGION", region);
  vi.stubEnv("AIOKPL_CLOUDWATCH_VERIFY_TLS", "false");
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  try {
    for (let start = 1; start <= 2; start++) {
      const sink = createSink();
      await sink.open?.({
        exportIntervalMs: 0,
        now: Date.now,
        snapshots: () => [],
        series: () => [],
      });
      const words = expect.stringContaining("AIOKPL_CLOUDWATCH_VERIFY_TLS");
      const ours = emitWarning.mock.calls.filter(([, type]) =>
        Object.is(type, "CloudWatchSinkWarning"),
      );
      expect(ours).toEqual(Array(start).fill([words, "CloudWatchSinkWarning"]));
    }
  } finally {
    vi.unstubAllEnvs();
    emitWarning.mockRestore();
  }
});
