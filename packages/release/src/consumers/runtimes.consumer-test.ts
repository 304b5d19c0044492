import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "../public-packages.ts";
import { APPLICATION, COMMONJS_APPLICATION, totalsAt } from "./application.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { OTHER_RUNTIMES } from "./matrix/runtimes.ts";
import { NODES } from "./shared-dependencies.ts";
import { VENDORS } from "./vendors.ts";

const ENTRIES = (await publicPackages()).flatMap(({ entries }) =>
  entries.map(({ specifier }) => specifier),
);

/** Imports every entry of every package. */
const IMPORTED = ENTRIES.map((entry) => `import "${entry}";`).join("\n");

/** Requires them, and tells which of our files that has loaded as CommonJS. */
const REQUIRED = `
${ENTRIES.map((entry) => `require("${entry}");`).join("\n")}
const ours = Object.keys(require.cache).filter((path) => path.includes("@aiokpl"));
console.log(JSON.stringify(ours.map((path) => path.replace(/.*[.]/, ""))));
`;

/** The application with this sink. */
const file = (sink: string, extension: "mjs" | "cjs"): string =>
  `${sink.replace(/.*\//, "")}.${extension}`;

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  for (const { sink } of VENDORS) {
    await consumer.write(file(sink, "mjs"), APPLICATION.replace("@aiokpl/sink", sink));
    await consumer.write(file(sink, "cjs"), COMMONJS_APPLICATION.replace("@aiokpl/sink", sink));
  }
  await consumer.write("entries.mjs", IMPORTED);
  await consumer.write("entries.cjs", REQUIRED);
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
});

describe.each(NODES)("Node %s", (version) => {
  const major = Number.parseInt(version, 10);
  const node = () => `${consumer.modules}/node-${major}/bin/node`;

  test("loads every entry, imported and required", async () => {
    const { stdout } = await consumer.run(node(), ["--version"]);
    expect(`${stdout.trim()}.`).toMatch(`v${version}.`);
    const imported = await consumer.run(node(), ["entries.mjs"]);
    const required = await consumer.run(node(), ["entries.cjs"]);
    expect([imported.stderr, required.stderr]).toEqual(["", ""]);
    // Were it an ES module that require() loads, it would end in .js.
    const extensions: readonly string[] = JSON.parse(required.stdout);
    expect(new Set(extensions)).toEqual(new Set(["cjs"]));
  });

  test.each(VENDORS)("runs $sink, imported and required", async (vendor) => {
    for (const extension of ["mjs", "cjs"] as const) {
      await using end = await vendor.listen();
      const { stdout } = await consumer.run(node(), [file(vendor.sink, extension)], end.env);
      expect(await end.totals(stdout)).toEqual(totalsAt(vendor));
    }
  });
});

describe.each(OTHER_RUNTIMES)("$name", ({ command }) => {
  test.each(VENDORS)("runs $sink, imported and required", async (vendor) => {
    const [program, ...args] = command(consumer.modules);
    for (const extension of ["mjs", "cjs"] as const) {
      await using end = await vendor.listen();
      const { stdout } = await consumer.run(
        program,
        [...args, file(vendor.sink, extension)],
        end.env,
      );
      expect(await end.totals(stdout)).toEqual(totalsAt(vendor));
    }
  });

  test("loads every entry, imported and required", async () => {
    const [program, ...args] = command(consumer.modules);
    for (const entries of ["entries.mjs", "entries.cjs"])
      await consumer.run(program, [...args, entries]);
  });
});
