import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { APPLICATION, TOTALS } from "./application.ts";
import { createConsumer, installedPackages, sizeOf } from "./consumer.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { VENDORS } from "./vendors.ts";

const CORE = "@aiokpl/metrics-core";

/** Whose packages have no place beside another vendor's sink. */
const THEIRS: Readonly<Record<string, RegExp>> = {
  "@aiokpl/sink-cloudwatch": /^@(aws|aws-sdk|smithy)\//,
  "@aiokpl/sink-otel": /^@opentelemetry\//,
  "@aiokpl/sink-datadog": /^@datadog\//,
};

let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

const sizes: string[] = [];
afterAll(() => console.log(`Installed by npm:\n${sizes.join("\n")}`));

async function measure(what: string, folder: string): Promise<void> {
  const { files, bytes } = await sizeOf(join(folder, "node_modules"));
  const packages = (await installedPackages(folder)).length;
  sizes.push(
    `  ${what.padEnd(56)}${(bytes / 1e6).toFixed(1).padStart(6)} MB${String(files).padStart(7)} files${String(packages).padStart(4)} packages`,
  );
}

test("core alone brings nothing else", async () => {
  await using consumer = await createConsumer(registry);
  await consumer.install({ [CORE]: "^1" });
  expect(await installedPackages(consumer.folder)).toEqual([CORE]);
  await measure(CORE, consumer.folder);
});

test("without an exporter the OpenTelemetry sink says what to install", async () => {
  await using consumer = await createConsumer(registry);
  await consumer.install({ [CORE]: "^1", "@aiokpl/sink-otel": "^1" });
  await measure("with @aiokpl/sink-otel, into an SDK that is there", consumer.folder);
  await consumer.write(
    "main.mjs",
    `import { createSink } from "@aiokpl/sink-otel";\nawait createSink().open();\n`,
  );
  await expect(consumer.run(process.execPath, ["main.mjs"])).rejects.toMatchObject({
    stderr: expect.stringContaining("npm install @opentelemetry/exporter-metrics-otlp-proto"),
  });
});

test.each(
  VENDORS.filter(({ sink }) => sink !== CORE).flatMap((vendor) =>
    (["npm", "pnpm", "yarn"] as const).map((installer) => ({
      sink: vendor.sink,
      vendor,
      installer,
    })),
  ),
)(
  "$sink and core, installed by $installer, deliver, and bring no other vendor's package",
  async ({ sink, vendor, installer }) => {
    await using consumer = await createConsumer(registry);
    await consumer.install({ [CORE]: "^1", [sink]: "^1", ...vendor.beside }, installer);
    const names = await installedPackages(consumer.folder);
    expect(names).toContain(sink);
    for (const [other, theirs] of Object.entries(THEIRS))
      expect(names.filter((name) => name === other || theirs.test(name))).toSatisfy(
        (found: readonly string[]) => (other === sink ? found.length > 1 : found.length === 0),
      );
    await consumer.write("main.mjs", APPLICATION.replace("@aiokpl/sink", sink));
    await using end = await vendor.listen();
    const { stdout } = await consumer.run(process.execPath, ["main.mjs"], end.env);
    expect(end.totals(stdout)).toEqual(TOTALS);
    const exporter = sink.endsWith("otel") ? " and its OTLP exporter" : "";
    if (installer === "npm") await measure(`with ${sink}${exporter}`, consumer.folder);
  },
);
