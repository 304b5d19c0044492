import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "../public-packages.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { TYPESCRIPTS } from "./shared-dependencies.ts";
import { VENDORS } from "./vendors.ts";

const packages = await publicPackages();

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  for (const extension of ["mts", "cts"]) await consumer.write(`main.${extension}`, PROGRAM);
  await consumer.write("mistakes.mts", MISTAKES);
});
afterAll(() => consumer[Symbol.asyncDispose]());

/** Every entry of every package, then what each promises in types. */
const ENTRIES = packages.flatMap(({ entries }) => entries.map(({ specifier }) => specifier));

const PROGRAM = `
${ENTRIES.map((entry, i) => `import * as entry${i} from "${entry}";`).join("\n")}
${VENDORS.map(({ sink }, i) => `import { createSink as createSink${i} } from "${sink}";`).join("\n")}
import { defineMetrics, InMemorySink, kplMetrics, MetricsManager, quantile } from "@aiokpl/metrics-core";
import type { FlushResult, MetricsSink } from "@aiokpl/metrics-core";
import { closeOnExit } from "@aiokpl/metrics-core/node";
import { mergeSnapshots, toValuesAndCounts } from "@aiokpl/metrics-core/sink";
import type { CreateSink } from "@aiokpl/metrics-core/sink";
import { ManualClock } from "@aiokpl/metrics-core/testing";
import { CloudWatchSink } from "@aiokpl/sink-cloudwatch";
import { exampleSnapshots } from "@aiokpl/sink-testkit";

const create: CreateSink[] = [${VENDORS.map((_, i) => `createSink${i}`).join(", ")}];
const sinks: MetricsSink[] = [new CloudWatchSink({ region: "eu-west-1" }), new InMemorySink(), ...create.map((one) => one({ namespace: "shop" }))];
const metrics = new MetricsManager({
  sink: sinks,
  clock: new ManualClock(),
  metrics: defineMetrics({ Requests: { kind: "counter", dimensions: ["route", "status?"] } }),
});
metrics.put("Requests", 1, { route: "/" });
metrics.bind("Requests", { route: "/", status: 200 }).put();
const kpl = metrics.declare(kplMetrics);
kpl.put("UserRecordsPut", 1, { stream: "s" });
const [snapshot] = exampleSnapshots();
if (snapshot !== undefined) console.log(quantile(snapshot, 0.5), mergeSnapshots(snapshot, snapshot), toValuesAndCounts(snapshot, 150));
closeOnExit(metrics);
const result: Promise<FlushResult> = metrics.close();
console.log(result, ${ENTRIES.map((_, i) => `entry${i}`).join(", ")});
`;

const MISTAKES = `
import { defineMetrics, MetricsManager } from "@aiokpl/metrics-core";
const metrics = new MetricsManager({ metrics: defineMetrics({ Requests: { kind: "counter", dimensions: ["route"] } }) });
// @ts-expect-error the name is misspelt
metrics.put("Request", 1, { route: "/" });
// @ts-expect-error a dimension is missing
metrics.put("Requests", 1);
// @ts-expect-error the dimension is misspelt
metrics.put("Requests", 1, { rout: "/" });
`;

/** How projects set TypeScript, with the kinds of files that the setting is for. */
const SETTINGS = {
  nodenext: { options: ["--module", "nodenext"], files: ["main.mts", "main.cts", "mistakes.mts"] },
  node16: { options: ["--module", "node16"], files: ["main.mts", "main.cts", "mistakes.mts"] },
  bundler: {
    options: ["--module", "preserve", "--moduleResolution", "bundler"],
    files: ["main.mts", "main.cts", "mistakes.mts"],
  },
} as const;

/** What `module: commonjs` is taken with: the resolution of old, and where that is gone the bundlers'. */
const COMMONJS: Readonly<Record<string, readonly string[]>> = {
  "6.0": ["--moduleResolution", "node10", "--ignoreDeprecations", "6.0"],
  "7.0": ["--moduleResolution", "bundler"],
};

describe.each(TYPESCRIPTS)("TypeScript %s", (version) => {
  const compile = (files: readonly string[], options: readonly string[]) =>
    consumer
      .run(process.execPath, [
        join(consumer.modules, `typescript-${version}/bin/tsc`),
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--skipLibCheck",
        "false",
        "--target",
        "es2022",
        "--types",
        "node",
        ...options,
        ...files,
      ])
      .then(
        () => "",
        (error: { stdout: string }) => error.stdout,
      );

  test.each(Object.entries(SETTINGS))(
    "compiles a program of all packages, and finds mistakes, %s",
    async (_, { options, files }) => {
      expect(await compile(files, options)).toBe("");
    },
  );

  test("compiles it as commonjs", async () => {
    const resolution = COMMONJS[version] ?? ["--moduleResolution", "node10"];
    const interop = ["--esModuleInterop", "--module", "commonjs", ...resolution];
    expect(await compile(["main.cts"], interop)).toBe("");
  });
});
