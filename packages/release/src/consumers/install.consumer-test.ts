import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createConsumer, installedPackages, sizeOf } from "./consumer.ts";

const CORE = "@aiokpl/metrics-core";

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
  await using consumer = await createConsumer();
  await consumer.install({ [CORE]: "^1" });
  expect(await installedPackages(consumer.folder)).toEqual([CORE]);
  await measure(CORE, consumer.folder);
});

test("without an exporter the OpenTelemetry sink says what to install", async () => {
  await using consumer = await createConsumer();
  await consumer.install({ [CORE]: "^1", "@aiokpl/sink-otel": "^1" });
  await measure("with @aiokpl/sink-otel, into an SDK that is there", consumer.folder);
  const open = "createSink().open().catch(({ message }) => console.log(message));";
  await consumer.write("main.mjs", `import { createSink } from "@aiokpl/sink-otel";\n${open}\n`);
  await consumer.write(
    "main.cjs",
    `const { createSink } = require("@aiokpl/sink-otel");\n${open}\n`,
  );
  for (const main of ["main.mjs", "main.cjs"]) {
    const { stdout } = await consumer.run(process.execPath, [main]);
    expect(stdout).toContain("npm install @opentelemetry/exporter-metrics-otlp-proto");
  }
});
