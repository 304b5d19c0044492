import { afterAll, beforeAll, expect, test } from "vitest";
import { type Consumer, createConsumer, packTarballs, type Tarballs } from "./consumer.ts";

const CORE = "@aiokpl/metrics-core";

let tarballs: Tarballs;
let consumer: Consumer;
beforeAll(async () => {
  tarballs = await packTarballs();
  consumer = await createConsumer();
  const nodes = Object.fromEntries(
    ["20.19.0", "22", "24", "26"].map((version) => [
      `node-${Number.parseInt(version, 10)}`,
      `npm:node-linux-${process.arch}@${version}`,
    ]),
  );
  await consumer.install({
    [CORE]: `file:${tarballs.of(CORE)}`,
    bun: "^1.4.0",
    deno: "^2.9.0",
    ...nodes,
  });
  await consumer.write("main.mjs", PROGRAM);
  await consumer.write(
    "main.cjs",
    PROGRAM.replace(/import (\{.*?\}) from (".*?");/g, "const $1 = require($2);").replace(
      /^await (.*)$/m,
      "$1",
    ),
  );
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
  await tarballs[Symbol.asyncDispose]();
});

/** All kinds, two windows, and the totals at the end. */
const PROGRAM = `
import { InMemorySink, MetricsManager, quantile } from "${CORE}";
import { mergeSnapshots } from "${CORE}/sink";
async function main() {
  const sink = new InMemorySink();
  const metrics = new MetricsManager({ sink, exportIntervalMs: 0 });
  for (let window = 0; window < 2; window++) {
    for (let i = 1; i <= 1000; i++) {
      metrics.count("orders", 2, { country: "PT" });
      metrics.distribution("latency", i);
    }
    metrics.gauge("depth", window);
    await metrics.flush();
  }
  const { ok } = await metrics.close();
  const latency = sink.read("latency");
  const median = quantile(latency, 0.5);
  console.log(JSON.stringify({
    ok,
    orders: sink.read("orders", { country: "PT" }).sum,
    depth: sink.read("depth").last,
    latency: [latency.count, latency.sum, latency.min, latency.max],
    isMedianRight: Math.abs(median - 500) < 12,
    merges: typeof mergeSnapshots,
  }));
}
await main();
`;

const RESULT = {
  ok: true,
  orders: 4_000,
  depth: 1,
  latency: [2_000, 1_001_000, 1, 1_000],
  isMedianRight: true,
  merges: "function",
};

test.each([20, 22, 24, 26])("core runs on Node %i, imported and required", async (major) => {
  const node = `${consumer.folder}/node_modules/node-${major}/bin/node`;
  expect((await consumer.run(node, ["--version"])).stdout).toMatch(`v${major}.`);
  for (const file of ["main.mjs", "main.cjs"])
    expect(JSON.parse((await consumer.run(node, [file])).stdout)).toEqual(RESULT);
});

test.each([
  { name: "Bun", program: "bun", args: ["run"] },
  { name: "Deno", program: "deno", args: ["run", "--no-remote", "--node-modules-dir=manual"] },
])("core runs on $name", async ({ program, args }) => {
  const { stdout } = await consumer.run(program, [...args, "main.mjs"]);
  expect(JSON.parse(stdout)).toEqual(RESULT);
});
