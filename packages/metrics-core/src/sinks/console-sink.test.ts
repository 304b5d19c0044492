import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { ConsoleSink, type ConsoleSinkOptions } from "./console-sink.ts";
import { createSink } from "./create-sink.ts";
import { ManualClock } from "../windows/manual-clock.ts";
import { MetricsManager } from "../metrics-manager.ts";

async function printed(
  record: (metrics: MetricsManager) => unknown,
  options: ConsoleSinkOptions = {},
  commonDimensions: Readonly<Record<string, string>> = {},
): Promise<string> {
  const lines: string[] = [];
  const clock = new ManualClock();
  const metrics = new MetricsManager({
    clock,
    sink: new ConsoleSink({ write: (text) => lines.push(text), ...options }),
    commonDimensions,
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
      "size [By]              1,000    500,500      500          1  500  990      1,000  ▁▁▁▁▁▁▁▁▁▁▁▂▃▄▆█",
      "",
    ].join("\n"),
  );
});

test("dimensions that all series share are shown once, and the others in full", async () => {
  const text = await printed(
    (metrics) => {
      metrics.distribution("http.requests", 3, { route: "/orders/:id/items", status: 200 });
      metrics.count("logins", 1, { region: "eu-west-1" });
    },
    {},
    { region: "eu-west-1", host: "ip-10-0-0-1.eu-west-1.compute.internal", service: "shop" },
  );
  expect(text).toBe(
    [
      "2030-01-01T00:00:00.000Z + 2 s, 2 series",
      "all series: host=ip-10-0-0-1.eu-west-1.compute.internal region=eu-west-1 service=shop",
      "metric         dimensions                          count  sum  rate/s  min  p50  p99  max",
      "http.requests  route=/orders/:id/items status=200      1    3     0.5    3    3    3    3  █",
      "logins                                                 1    1     0.5    1              1",
      "",
    ].join("\n"),
  );
});

test("a dimension that one series lacks or has otherwise stands in the rows", async () => {
  const text = await printed(
    (metrics) => {
      metrics.count("a", 1, { host: "b" });
      metrics.count("a", 1);
    },
    {},
    { host: "a", zone: "z" },
  );
  expect(text).toMatch(/all series: zone=z\nmetric {2}dimensions .*\na {7}host=a .*\na {7}host=b /);
});

test("one series alone has its dimensions beside it", async () => {
  const text = await printed((metrics) => metrics.count("a", 1, { country: "PT" }));
  expect(text).toMatch(/^a {7}country=PT/m);
  expect(text).not.toContain("all series");
});

test("dimensions that the terminal has no room for go on in the next line", async () => {
  const text = await printed(
    (metrics) => {
      metrics.count("requests", 1, { method: "GET", route: "/orders/:id", status: 200, z: "z" });
      metrics.count("requests", 1, { user: "u".repeat(40) });
    },
    { columns: 80 },
  );
  expect(text.split("\n").slice(1)).toEqual([
    "metric    dimensions                      count  sum  rate/s  min  p50  p99  max",
    "requests  method=GET route=/orders/:id        1    1     0.5    1              1",
    "          status=200 z=z",
    "requests  user=uuuuuuuuuuuuuuuuuuuuuuuuu      1    1     0.5    1              1",
    "          uuuuuuuuuuuuuuu",
    "",
  ]);
});

test("a table is as wide as the terminal is when it is printed", async () => {
  const { columns } = process.stdout;
  const widths: number[] = [];
  for (const width of [90, 200, undefined]) {
    Object.assign(process.stdout, { columns: width });
    const text = await printed((metrics) =>
      metrics.count(
        "a",
        1,
        Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`d${i}`, "123456"])),
      ),
    );
    widths.push(Math.max(...text.split("\n").map((line) => line.length)));
  }
  Object.assign(process.stdout, { columns });
  const [narrow = 0, wide = 0, none = 0] = widths;
  expect(narrow).toBeLessThanOrEqual(90);
  expect(wide).toBeLessThanOrEqual(200);
  expect(none).toBeLessThanOrEqual(120);
  expect([narrow > 70, wide > 180, none > 100]).toEqual([true, true, true]);
});

test("no table is wider than the terminal, and none hides a dimension", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 100, max: 250 }),
      fc.array(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[0-9]{1,90}$/)),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
      async (columns, series) => {
        const text = await printed(
          (metrics) => {
            for (const dimensions of series) metrics.count("a", 1, dimensions);
          },
          { columns },
        );
        const lines = text.split("\n");
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        for (const name of series.flatMap((dimensions) => Object.keys(dimensions)))
          expect(text).toContain(`${name}=`);
      },
    ),
    { numRuns: 50 },
  );
});

test("a width that is too narrow to be one throws at construction", () => {
  expect(() => new ConsoleSink({ columns: 39 })).toThrow(/columns is 39, must be at least 40/);
  expect(() => new ConsoleSink({ columns: NaN })).toThrow(/columns is NaN/);
});

test("names and values that would break the table do not", async () => {
  const text = await printed((metrics) => {
    metrics.count("a\nb", 1, { "new\tline": `x\r\n${"y".repeat(10_000)}` });
    metrics.count("🎈", 1, { emoji: "🎈" });
    metrics.count("a\nb", 1, { user: 2 });
    metrics.count("a\nb", 1, { user: 3 });
  });
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // The value of 10,000 characters is cut at 1,024.
  expect(lines.length).toBeLessThan(25);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(text).toContain("y…");
  expect(text).toContain("(overflow)");
});

test("the share at or under each threshold stands below a series", async () => {
  const text = await printed(
    (metrics) => {
      metrics.declare({
        latency: { kind: "distribution", unit: "ms", thresholds: [0.5, 100, 300, 1_000] },
        small: { kind: "distribution", thresholds: [1] },
      });
      for (let i = 1; i <= 30_000; i++) metrics.put("latency", i === 7 ? 1_000.5 : i / 100);
      for (let i = 0; i < 20_000; i++) metrics.put("small", i === 0 ? 1 : 2);
    },
    { columns: 60 },
  );
  expect(text).toContain(
    "\n    ≤ 0.5: 0.16 %, ≤ 100: 33.33 %, ≤ 300: 99.99 %,\n    ≤ 1000: 99.99 %\n",
  );
  expect(text).toContain("\n    ≤ 1: < 0.01 %\n");
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
  // 300 rows, and the value that they share, cut and wrapped, above them.
  expect(lines[0]?.split("\n").length).toBeLessThan(320);
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
  expect(titles).toEqual(["", "shop i-1  ", ""]);
});
