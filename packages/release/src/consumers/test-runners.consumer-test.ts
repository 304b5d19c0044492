import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guideFiles } from "../guide-files.ts";
import { COMMONJS_APPLICATION, totalsAt } from "./application.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import type { Vendor } from "./vendor.ts";
import { VENDORS } from "./vendors.ts";

const guide = await guideFiles("testing-your-metrics.md");
const frameworks = await guideFiles("in-your-framework.md");

const shown = (name: string): string => {
  const text = guide.get(name) ?? frameworks.get(name);
  if (text === undefined) throw new Error(`no guide shows ${name}`);
  return text;
};

/** The guide's test in TypeScript, for Jest, whose functions are global. */
const FOR_JEST = shown("place-order.test.ts").replace(/^import .* from "vitest";\n/m, "");

/** Its tests, as node:test has them. */
const FOR_NODE = shown("orders.test.js").replace(
  /expect\((.*)\)\.(toBeGreaterThan|toBe)\((.*)\)/g,
  (_, actual: string, matcher: string, expected: string) =>
    `assert.ok(${actual} ${matcher === "toBe" ? "===" : ">"} ${expected})`,
);

const STRICT = { strict: true, target: "es2022", esModuleInterop: true };

/** What `nest new` of NestJS 11 writes, less the paths of its folders. */
const NEST_TSCONFIG = {
  declaration: true,
  removeComments: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  allowSyntheticDefaultImports: true,
  esModuleInterop: true,
  target: "ES2023",
  sourceMap: true,
  incremental: true,
  skipLibCheck: true,
  strictNullChecks: true,
  forceConsistentCasingInFileNames: true,
  noImplicitAny: true,
};
const NEST_JEST = {
  moduleFileExtensions: ["js", "json", "ts"],
  rootDir: ".",
  testRegex: ".spec.ts$",
  transform: { "^.+\\.(t|j)s$": "ts-jest" },
  testEnvironment: "node",
};

let consumer: Consumer;
beforeEach(async () => {
  consumer = await createSharedConsumer();
});
afterEach(() => consumer[Symbol.asyncDispose]());

const json = (path: string, value: unknown): Promise<void> =>
  consumer.write(path, JSON.stringify(value));
const jest = (env: Readonly<Record<string, string>> = {}) =>
  consumer.run("jest", ["--ci", "--runInBand"], env);

const isPlain = ({ underJest }: Vendor): boolean => underJest === undefined;

describe("Jest", () => {
  test("runs the guide's test as CommonJS, without any configuration", async () => {
    await consumer.write("orders.test.js", shown("orders.test.js"));
    expect((await jest()).stderr).toContain("1 passed");
  });

  test.each([
    { name: "by every sink but those below", vendors: VENDORS.filter(isPlain) },
    { name: "by the sinks that need a flag", vendors: VENDORS.filter((each) => !isPlain(each)) },
  ])("delivers from a test $name", async ({ vendors }) => {
    const ends = await Promise.all(vendors.map((vendor) => vendor.listen()));
    for (const { sink } of vendors)
      await consumer.write(
        `${sink.replace(/.*\//, "")}.test.js`,
        COMMONJS_APPLICATION.replace("@aiokpl/sink", sink)
          .replace(".close()", ".close({ timeoutMs: 60_000 })")
          .replace(/main\(\);\n$/, 'test("main", main, 120_000);\n'),
      );
    try {
      const variables = [
        ...vendors.map(({ underJest }) => underJest),
        ...ends.map(({ env }) => env),
      ];
      const { stdout, stderr } = await jest(Object.assign({}, ...variables));
      // Jest shows what was logged indented, and of several files among its own report.
      const logged = `${stdout}\n${stderr}`.replace(/^ +/gm, "");
      for (const [i, end] of ends.entries())
        expect(await end.totals(logged)).toEqual(totalsAt(vendors[i] ?? {}));
    } finally {
      for (const end of ends) await end[Symbol.asyncDispose]();
    }
  });

  test.each([
    { module: "commonjs", moduleResolution: "node10" },
    { module: "node16", moduleResolution: "node16" },
  ])("runs the guide's TypeScript by ts-jest, $module", async (modules) => {
    await consumer.write("place-order.ts", shown("place-order.ts"));
    await consumer.write("place-order.test.ts", FOR_JEST);
    const types = ["jest", "node"];
    await json("tsconfig.json", { compilerOptions: { ...STRICT, ...modules, types } });
    await json("package.json", { jest: { preset: "ts-jest" } });
    expect((await jest()).stderr).toContain("4 passed");
  });

  test.each([
    { name: "of today", modules: { module: "nodenext", moduleResolution: "nodenext" } },
    { name: "of before", modules: { module: "commonjs", baseUrl: "./" } },
  ])("runs the guide's NestJS test with the default setup $name", async ({ modules }) => {
    for (const file of ["app.module.ts", "measure-requests.ts", "app.e2e-spec.ts"])
      await consumer.write(file, shown(file));
    await json("tsconfig.json", { compilerOptions: { ...NEST_TSCONFIG, ...modules } });
    await json("package.json", { jest: NEST_JEST });
    expect((await jest()).stderr).toContain("1 passed");
  });
});

test("Vitest runs the guide's test", async () => {
  await consumer.write("place-order.ts", shown("place-order.ts"));
  await consumer.write("place-order.test.ts", shown("place-order.test.ts"));
  const { stdout } = await consumer.run("vitest", ["run", "--root", "."], { NO_COLOR: "1" });
  expect(stdout).toContain("4 passed");
});

test("node:test runs it too, imported and required", async () => {
  const required = `const { test } = require("node:test");\nconst assert = require("node:assert");\n`;
  await consumer.write("orders.test.cjs", required + FOR_NODE);
  const imported = (required + FOR_NODE).replace(
    /const (.*?) = require\((".*?")\);/g,
    (_, names: string, from: string) => `import ${names} from ${from};`,
  );
  await consumer.write("orders.test.mjs", imported);
  const files = ["orders.test.cjs", "orders.test.mjs"];
  const { stdout } = await consumer.run(process.execPath, ["--test", ...files]);
  expect(stdout).toMatch(/pass 2\n/);
});

test.each([
  { module: "commonjs", moduleResolution: "node10" },
  { module: "nodenext", moduleResolution: "nodenext" },
])("ts-node runs a program, $module", async (modules) => {
  await consumer.write("place-order.ts", shown("place-order.ts"));
  await consumer.write(
    "main.ts",
    `
import { InMemorySink, MetricsManager } from "@aiokpl/metrics-core";
import { closeOnExit } from "@aiokpl/metrics-core/node";
import { placeOrder, shopMetrics } from "./place-order";

const sink = new InMemorySink();
const metrics = new MetricsManager({ sink, metrics: shopMetrics });
closeOnExit(metrics);
void placeOrder(metrics, "PT", async () => {}).then(() => metrics.close()).then(({ delivered }) => {
  console.log(delivered, sink.read("orders.placed", { country: "PT" })?.sum);
});
`,
  );
  await json("tsconfig.json", { compilerOptions: { ...STRICT, ...modules, types: ["node"] } });
  const tsNode = join(consumer.modules, "ts-node/dist/bin.js");
  const { stdout } = await consumer.run(process.execPath, [tsNode, "main.ts"]);
  expect(stdout.trim()).toBe("3 1");
});
