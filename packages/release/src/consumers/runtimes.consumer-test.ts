import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APPLICATION, COMMONJS_APPLICATION, TOTALS } from "./application.ts";
import { type Consumer, createConsumer } from "./consumer.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { theConsole, VENDORS } from "./vendors.ts";

/** The least that `engines` allows, and the lines that are kept up. */
const NODES = ["20.19.0", "22", "24", "26"];

const ENTRIES = ["", "/sink", "/node", "/testing"].map((entry) => `@aiokpl/metrics-core${entry}`);

/** The application with this sink. */
const file = (sink: string, extension: "mjs" | "cjs"): string =>
  `${sink.replace(/.*\//, "")}.${extension}`;

let registry: Registry;
let consumer: Consumer;
beforeAll(async () => {
  registry = await startRegistry();
  consumer = await createConsumer(registry);
  await consumer.install({
    ...Object.fromEntries(VENDORS.map(({ sink }) => [sink, "^1"])),
    ...Object.assign({}, ...VENDORS.map(({ beside }) => beside)),
    ...Object.fromEntries(
      NODES.map((version) => [
        `node-${Number.parseInt(version, 10)}`,
        `npm:node-${process.platform}-${process.arch}@${version}`,
      ]),
    ),
    bun: "^1.4.0",
    deno: "^2.9.0",
  });
  for (const { sink } of VENDORS) {
    await consumer.write(file(sink, "mjs"), APPLICATION.replace("@aiokpl/sink", sink));
    await consumer.write(file(sink, "cjs"), COMMONJS_APPLICATION.replace("@aiokpl/sink", sink));
  }
  await consumer.write("entries.mjs", ENTRIES.map((entry) => `import "${entry}";`).join("\n"));
  await consumer.write("entries.cjs", ENTRIES.map((entry) => `require("${entry}");`).join("\n"));
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

describe.each(NODES)("Node %s", (version) => {
  const major = Number.parseInt(version, 10);
  const node = () => `${consumer.folder}/node_modules/node-${major}/bin/node`;

  test("loads every entry of core, imported and required", async () => {
    const { stdout } = await consumer.run(node(), ["--version"]);
    expect(`${stdout.trim()}.`).toMatch(`v${version}.`);
    for (const entries of ["entries.mjs", "entries.cjs"]) await consumer.run(node(), [entries]);
  });

  test.each(VENDORS)("runs $sink, imported and required", async (vendor) => {
    for (const extension of ["mjs", "cjs"] as const) {
      await using end = await vendor.listen();
      const { stdout } = await consumer.run(node(), [file(vendor.sink, extension)], end.env);
      expect(end.totals(stdout)).toEqual(TOTALS);
    }
  });
});

test.each([
  { name: "Bun", program: "bun", args: ["run"] },
  { name: "Deno", program: "deno", args: ["run", "--no-remote", "--node-modules-dir=manual"] },
])("$name runs core", async ({ program, args }) => {
  await using end = await theConsole.listen();
  const { stdout } = await consumer.run(program, [...args, file(theConsole.sink, "mjs")]);
  expect(end.totals(stdout)).toEqual(TOTALS);
  await consumer.run(program, [...args, "entries.mjs"]);
});
