import { expect, test, vi } from "vitest";
import { ConsoleSink, type ConsoleSinkOptions } from "./console-sink.ts";
import { createSink } from "./create-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import { MetricsManager } from "../metrics-manager.ts";

async function printed(
  record: (metrics: MetricsManager) => unknown,
  options: ConsoleSinkOptions = {},
): Promise<string> {
  const lines: string[] = [];
  const clock = new ManualClock();
  const metrics = new MetricsManager({
    clock,
    sink: new ConsoleSink({ write: (text) => lines.push(text), ...options }),
    maxSeriesPerMetric: 2,
    onError: () => {},
  });
  record(metrics);
  clock.block(2_000);
  await metrics.close();
  return lines.join("\n");
}

test("prints a window as a table, a line per series", async () => {
  const text = await printed(
    (metrics) => {
      metrics.declare({
        size: { kind: "distribution", unit: "By" },
        sent: { kind: "counter", unit: "{record}" },
      });
      metrics.count("sent", 3, { stream: "a" });
      metrics.count("sent", 1_234_565, { stream: "b" });
      metrics.gauge("depth", 2.5);
      metrics.gauge("depth", 0.00001234);
      for (let i = 1; i <= 1_000; i++) metrics.distribution("size", i);
    },
    { title: "shop" },
  );
  expect(text).toBe(
    [
      "shop  2030-01-01T00:00:00.000Z + 2 s, 4 series",
      "metric     dimensions  count        sum   rate/s        min  p50  p99        max",
      "depth                      2                       1.234e-5                  2.5  last 1.234e-5",
      "sent       stream=a        1          3      1.5          3                    3",
      "sent       stream=b        1  1,234,565  617,283  1,234,565            1,234,565",
      "size [By]              1,000    500,500      500          1  490  980      1,000  ▁▁▁▁▁▁▁▁▁▁▁▂▃▄▆█",
      "",
    ].join("\n"),
  );
});

test("names and values that would break the table do not", async () => {
  const text = await printed((metrics) => {
    metrics.count("a\nb", 1, { "new\tline": `x\r\n${"y".repeat(10_000)}` });
    metrics.count("🎈", 1, { emoji: "🎈" });
    metrics.count("a\nb", 1, { user: 2 });
    metrics.count("a\nb", 1, { user: 3 });
  });
  expect(text.split("\n").filter((line) => line.trim() !== "")).toHaveLength(6);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(160);
  expect(text).toContain("(overflow)");
});

test("the picture shows where the values are", async () => {
  const text = await printed((metrics) => {
    for (let i = 0; i < 90; i++) metrics.distribution("negative and positive", -5);
    for (let i = 0; i < 10; i++) metrics.distribution("negative and positive", 5);
    metrics.distribution("zero", 0);
  });
  expect(text).toMatch(/negative and positive .* █▁$/m);
  expect(text).toMatch(/zero .* █$/m);
});

test("prints a snapshot per line as JSON", async () => {
  const text = await printed(
    (metrics) => {
      metrics.count("a", 1, { x: "\n" });
      metrics.distribution("b", 2);
    },
    { format: "json" },
  );
  expect(text.split("\n").map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { name: "a", sum: 1, dimensions: [["x", "\n"]] },
    { name: "b", histogram: { scale: 10 } },
  ]);
});

test("long values cost no more than what is printed of them", async () => {
  const lines: string[] = [];
  const sink = new ConsoleSink({ write: (text) => lines.push(text) });
  const value = "\u001b[31m".repeat(100_000);
  const snapshot = {
    name: "a",
    kind: "counter",
    unit: "1",
    count: 1,
    sum: 1,
    min: 1,
    max: 1,
    last: 1,
    windowStart: 0,
    windowEnd: 1_000,
  } as const;
  const dimensions = [["id", value]] as const;
  await sink.export([{ ...snapshot, dimensions }]);
  lines.length = 0;
  const start = performance.now();
  await sink.export(Array.from({ length: 300 }, () => ({ ...snapshot, dimensions })));
  expect(performance.now() - start).toBeLessThan(1_000);
  expect(lines[0]?.split("\n")).toHaveLength(303);
});

test.each(["table", "json"] as const)("a terminal obeys nothing of a %s", async (format) => {
  const text = await printed(
    (metrics) => {
      const planted = "\u001b]0;title\u0007 \u009b31m \u202eevil\u2028 \u2066";
      metrics.declare({ [`m ${planted}`]: { kind: "counter", unit: `s ${planted}` } });
      metrics.count(`m ${planted}`, 1, { [planted]: planted });
    },
    { format, title: "shop \u001b[2J" },
  );
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
});

test("an unknown format throws at construction", () => {
  expect(() => new ConsoleSink({ format: "xml" as "json" })).toThrow(
    /format is "xml", must be "table" or "json"/,
  );
});

test("createSink() prints to the console, under the namespace and instance", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  for (const options of [undefined, { namespace: "shop", instance: "i-1" }, { namespace: "" }]) {
    const metrics = new MetricsManager({ sink: createSink(options), clock: new ManualClock() });
    metrics.count("a");
    await metrics.close();
  }
  const titles = log.mock.calls.map(([text]) => String(text).split("2030")[0]);
  log.mockRestore();
  expect(titles).toEqual(["aiokpl  ", "shop i-1  ", ""]);
});
