import { readFile } from "node:fs/promises";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { type ClientOptions, loadClient } from "./datadog-client.ts";

const options: Omit<ClientOptions, "baseUrl"> = {
  apiKey: "0123456789abcdef0123456789abcdef",
  contentEncoding: "gzip",
  timeoutMs: 5_000,
  maxBytes: 1_000_000,
  maxCompressedBytes: 100_000,
};
const { signal } = new AbortController();

test("each call sends its body to its endpoint, as Datadog documents it", async () => {
  await using intake = await startIntakeServer({
    script: { status: 202, body: '{"status":"ok"}' },
  });
  const client = await loadClient({ ...options, baseUrl: intake.url });
  const [counts, values] = ["counts".repeat(2_000), "values".repeat(2_000)];
  await client.submitSeries(new TextEncoder().encode(counts), signal);
  await client.submitDistributions(new TextEncoder().encode(values), signal);
  const sent = intake.requests.map(({ method, path, headers, text }) => {
    const { "content-encoding": encoding, "content-type": type, "dd-api-key": key } = headers;
    return [method, path, encoding, type, key, text];
  });
  const { apiKey } = options;
  expect(sent).toEqual([
    ["POST", "/api/v1/series", "gzip", "text/json", apiKey, counts],
    ["POST", "/api/v1/distribution_points", "deflate", "text/json", apiKey, values],
  ]);
});

test("only the client's files for v1 metrics are loaded, of the versions with which that was tried", async () => {
  const source = await readFile(new URL("client-parts.ts", import.meta.url), "utf8");
  const paths = new Set([...source.matchAll(/import\("(.*?)"\)/g)].map(([, path]) => path));
  expect(paths.size).toBe(5);
  for (const path of paths)
    expect(path).toMatch(
      /^@datadog\/datadog-api-client\/dist\/(logger|packages\/datadog-api-client-(v1\/apis\/MetricsApi|common\/\w+))\.js$/,
    );
  const manifest = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(manifest.dependencies["@datadog/datadog-api-client"]).toBe("^1.20.0");
});
