import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createConsumer,
  type Installer,
  installedPackages,
  packTarballs,
  sizeOf,
  type Tarballs,
} from "./consumer.ts";

const CORE = "@aiokpl/metrics-core";
const SINKS = ["@aiokpl/sink-cloudwatch", "@aiokpl/sink-otel", "@aiokpl/sink-datadog"];

/** Whose packages have no place beside another vendor's sink. */
const VENDORS: Readonly<Record<string, RegExp>> = {
  "@aiokpl/sink-cloudwatch": /^@(aws-sdk|smithy)\//,
  "@aiokpl/sink-otel": /^@opentelemetry\//,
  "@aiokpl/sink-datadog": /^@datadog\//,
};

let tarballs: Tarballs;
beforeAll(async () => {
  tarballs = await packTarballs();
});
afterAll(() => tarballs[Symbol.asyncDispose]());

const program = (sink: string) => `
import { MetricsManager } from "${CORE}";
import { createSink } from "${sink}";
const errors = [];
const metrics = new MetricsManager({ sink: createSink(), onError: (error) => errors.push(error) });
metrics.count("orders", 2);
const { sinks } = await metrics.close({ timeoutMs: 300 });
console.log(JSON.stringify({ sinks: sinks.length, recorded: metrics.stats().accepted }));
`;

test("core alone brings nothing else", async () => {
  await using consumer = await createConsumer();
  await consumer.install({ [CORE]: `file:${tarballs.of(CORE)}` });
  expect(await installedPackages(consumer.folder)).toEqual([CORE]);
});

test.each(
  SINKS.flatMap((sink) =>
    (["npm", "pnpm", "yarn"] as const).map((installer): [string, Installer] => [sink, installer]),
  ),
)(
  "%s and core, installed by %s, work and bring no other vendor's package",
  async (sink, installer) => {
    await using consumer = await createConsumer();
    const peers: Record<string, string> = sink.endsWith("otel")
      ? { "@opentelemetry/api": "^1.9.0" }
      : {};
    await consumer.install(
      { [CORE]: `file:${tarballs.of(CORE)}`, [sink]: `file:${tarballs.of(sink)}`, ...peers },
      installer,
    );
    const names = await installedPackages(consumer.folder);
    expect(names).toContain(sink);
    for (const [other, theirs] of Object.entries(VENDORS)) {
      if (other === sink) continue;
      expect(names).not.toContain(other);
      expect(names.filter((name) => theirs.test(name))).toEqual([]);
    }
    await consumer.write("main.mjs", program(sink));
    const { stdout } = await consumer.run(process.execPath, ["main.mjs"]);
    expect(JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "null")).toEqual({
      sinks: 1,
      recorded: 1,
    });
    if (installer !== "npm") return;
    const { files, bytes } = await sizeOf(join(consumer.folder, "node_modules"));
    console.log(
      `${sink} with core: ${(bytes / 1e6).toFixed(1)} MB, ${files} files, ${names.length} packages`,
    );
  },
);
