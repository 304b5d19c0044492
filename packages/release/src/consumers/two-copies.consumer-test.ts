import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { totalsAt } from "./application.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { SINK_VENDORS } from "./vendors.ts";

const CORE = "@aiokpl/metrics-core";

/** Core as an ES module and as CommonJS in one process: two copies, as two versions would be. */
const COPIES = `
import { createRequire } from "node:module";
import * as imported from "${CORE}";
import { closeOnExit as importedCloseOnExit } from "${CORE}/node";
const require = createRequire(import.meta.url);
const required = require("${CORE}");
const { closeOnExit: requiredCloseOnExit } = require("${CORE}/node");
if (imported.MetricsManager === required.MetricsManager) throw new Error("there is one copy");
`;

/** A manager of one copy with sinks of the other, and what an error of the other copy is to it. */
const MIXED = `${COPIES}
const told = [];
for (const [managers, sinks] of [[imported, required], [required, imported]]) {
  const memory = new sinks.InMemorySink();
  const error = new sinks.MetricsError("export_failed", "never", { sink: "refusing" });
  const refusing = { export: () => Promise.reject(Object.assign(error, { retryable: false })) };
  const errors = [];
  const metrics = new managers.MetricsManager({
    sink: [memory, refusing],
    metrics: sinks.kplMetrics,
    undeclared: "allow",
    onError: (error) => errors.push(error.code),
  });
  metrics.put("UserRecordsPut", 3, { stream: "s" });
  for (const value of [1, 2, 3]) metrics.distribution("latency", value);
  metrics.count("orders", -1);
  await metrics.close();
  const { count, sum } = memory.read("latency");
  const median = managers.quantile(memory.read("latency"), 0.5);
  if (metrics.stats().sinks[1].rejected.observations === 0) throw new Error("taken for a passing failure");
  told.push({ records: memory.read("UserRecordsPut").sum, count, sum, median, codes: [...new Set(errors)].sort() });
}
console.log(JSON.stringify(told));
`;

/** Each copy closes a manager of the other when the signal comes, and the process ends by that signal. */
const CLOSING = `${COPIES}
const sink = (name) => ({ name, export: async (all) => {
  console.log(name, all.map(({ sum }) => sum).join());
} });
const first = new imported.MetricsManager({ sink: sink("imported") });
const second = new required.MetricsManager({ sink: sink("required") });
requiredCloseOnExit(first);
importedCloseOnExit(second);
first.count("orders", 1);
second.count("orders", 2);
process.on("exit", () => console.log("never at a signal"));
setInterval(() => {}, 1_000);
console.log("ready");
`;

/** A program's module, that each copy of core has once, and that a hot reload evaluates again. */
const SHARED = `
import { createRequire } from "node:module";
import * as imported from "${CORE}";
const required = createRequire(import.meta.url)("${CORE}");
const core = import.meta.url.includes("required") ? required : imported;
globalThis.made ??= [];
const create = () => {
  const sink = new core.InMemorySink();
  const manager = new core.MetricsManager({ sink, exportIntervalMs: 0 });
  globalThis.made.push(sink);
  return manager;
};
export const metrics = core.MetricsManager.shared("app", create);
export const handle = metrics.bind("orders");
`;

/** Imports that module again and again, and closes the manager in between. */
const RELOADING = `
const reload = (copy) => import(\`./shared.mjs?\${copy}\`);
const first = [await reload("imported-1"), await reload("required-1"), await reload("imported-2")];
for (const { metrics, handle } of first) {
  metrics.with({ route: "/" }).distribution("sizes", 2, {}, 3);
  handle.put(1);
}
await first[1].metrics.close();
const second = [await reload("required-2"), await reload("imported-3")];
for (const { metrics, handle } of second) handle.put(1);
await second[0].metrics.close();
console.log(JSON.stringify({
  managers: [first, second].map((all) => new Set(all.map(({ metrics }) => metrics)).size),
  made: made.map((sink) => sink.allSnapshots.map(({ name, count }) => [name, count])),
}));
`;

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  await consumer.write("mixed.mjs", MIXED);
  await consumer.write("closing.mjs", CLOSING);
  await consumer.write("shared.mjs", SHARED);
  await consumer.write("reloading.mjs", RELOADING);
});
afterAll(() => consumer[Symbol.asyncDispose]());

test("a manager of one copy takes the sinks, catalogues and errors of the other", async () => {
  const { stdout } = await consumer.run(process.execPath, ["mixed.mjs"]);
  const [one, other] = JSON.parse(stdout);
  expect(one).toMatchObject({
    records: 3,
    count: 3,
    sum: 6,
    median: expect.closeTo(2, 1),
    codes: ["invalid_value", "rejected"],
  });
  expect(other).toEqual(one);
});

test("copies and hot reloads share one manager, and replace one that is closed once", async () => {
  const { stdout } = await consumer.run(process.execPath, ["reloading.mjs"]);
  expect(JSON.parse(stdout)).toEqual({
    managers: [1, 1],
    made: [
      [
        ["sizes", 9],
        ["orders", 3],
      ],
      [["orders", 2]],
    ],
  });
});

test.each(SINK_VENDORS)("an imported manager delivers by a required $sink", async (vendor) => {
  const program = `${COPIES}
const { createSink } = require("${vendor.sink}");
const metrics = new imported.MetricsManager({ sink: createSink({ namespace: "shop" }) });
for (let i = 1; i <= 100; i++) {
  metrics.count("orders", 2, { country: "PT" });
  metrics.distribution("latency", i, { route: "/" });
}
metrics.gauge("depth", 17);
const { ok } = await metrics.close();
if (!ok) throw new Error("not delivered");
`;
  await consumer.write("mixed-vendor.mjs", program);
  await using end = await vendor.listen();
  const { stdout } = await consumer.run(process.execPath, ["mixed-vendor.mjs"], end.env);
  expect(await end.totals(stdout)).toEqual(totalsAt(vendor));
});

test("each copy's closeOnExit closes once, and the last one done raises the signal", async () => {
  const child = consumer.start(["closing.mjs"]);
  let printed = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    if (text.includes("ready")) child.kill("SIGTERM");
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGTERM");
  expect(printed.trim().split("\n").sort()).toEqual(["imported 1", "ready", "required 2"]);
});
