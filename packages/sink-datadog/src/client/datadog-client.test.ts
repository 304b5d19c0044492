import { readFile } from "node:fs/promises";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { type ClientOptions, loadClient } from "./datadog-client.ts";
import type { WireSeries } from "../mapping/to-series.ts";

const options: Omit<ClientOptions, "baseUrl"> = {
  apiKey: "0123456789abcdef0123456789abcdef",
  contentEncoding: "gzip",
  timeoutMs: 5_000,
  maxBytes: 1_000_000,
  maxCompressedBytes: 100_000,
};
const { signal } = new AbortController();

test("the client serialises series and distributions as Datadog documents them", async () => {
  await using intake = await startIntakeServer({
    script: { status: 202, body: '{"status":"ok"}' },
  });
  const client = await loadClient({ ...options, baseUrl: intake.url });
  const series: WireSeries[] = [
    {
      metric: "a",
      type: "count",
      points: [[1_700_000_000, 2.5]],
      tags: ["k:v"],
      host: "h",
      interval: 60,
    },
    { metric: "b", type: "gauge", points: [[1_700_000_000, -1e300]], tags: [] },
  ];
  await client.submitSeries(series, signal);
  await client.submitDistributions(
    [
      {
        metric: "c",
        type: "distribution",
        points: [[1_700_000_000, [1, 2, 2]]],
        tags: ["k:v"],
        host: "h",
      },
    ],
    signal,
  );
  expect(
    intake.requests.map(({ path, text, headers }) => [
      path,
      headers["content-encoding"],
      JSON.parse(text),
    ]),
  ).toEqual([
    ["/api/v1/series", "gzip", { series }],
    [
      "/api/v1/distribution_points",
      "deflate",
      {
        series: [
          {
            metric: "c",
            type: "distribution",
            points: [[1_700_000_000, [1, 2, 2]]],
            tags: ["k:v"],
            host: "h",
          },
        ],
      },
    ],
  ]);
});

test("only the client's files for v1 metrics are loaded, of the versions with which that was tried", async () => {
  const source = await readFile(new URL("client-parts.ts", import.meta.url), "utf8");
  const paths = new Set([...source.matchAll(/import\("(.*?)"\)/g)].map(([, path]) => path));
  expect(paths.size).toBe(6);
  for (const path of paths)
    expect(path).toMatch(
      /^@datadog\/datadog-api-client\/dist\/(logger|packages\/datadog-api-client-(v1\/apis\/MetricsApi|common\/\w+))\.js$/,
    );
  const manifest = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  expect(manifest.dependencies["@datadog/datadog-api-client"]).toBe("^1.20.0");
});
