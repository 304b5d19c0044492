/** What the mistakes are made with. */
const SETUP = `
import { defineMetrics, type Metrics, MetricsManager, type MetricCatalogue } from "@aiokpl/metrics-core";
declare const metrics: Metrics<{
  Orders: { kind: "counter"; dimensions: ["country", "plan?"] };
  QueueDepth: { kind: "gauge"; dimensions: [] };
  InFlight: { kind: "gauge"; dimensions: ["queue"] };
  Size: { kind: "distribution"; unit: "By" };
  Latency: { kind: "distribution"; unit: "ms"; dimensions: ["route"] };
}>;
declare const open: Metrics;
declare function record(orders: Metrics<{ Orders: { kind: "counter" } }>): void;
const widened = { Hits: { kind: "counter", dimensions: ["country"] } } satisfies MetricCatalogue;
`;

/** What users get wrong most often, one a line. */
const MISTAKES = [
  `metrics.count("Order", 1, { country: "PT" });`,
  `metrics.count("QueueDepth", 1);`,
  `metrics.gauge("Orders", 1);`,
  `metrics.time("Size", () => {});`,
  `metrics.gauge("QueueDepth", 1, { queue: "a" });`,
  `metrics.count("Orders", 1);`,
  `metrics.count("Orders", 1, { plan: "free" });`,
  `metrics.count("Orders", 1, { country: undefined });`,
  `metrics.count("Orders", 1, { contry: "PT" });`,
  `open.count("orders", { country: "PT" });`,
  `metrics.gauge("QueueDepth");`,
  `metrics.observe("InFlight", async () => 1);`,
  `metrics.observe("InFlight", () => 1, { queu: "a" });`,
  `metrics.observe("InFlight", () => [[1, { queu: "a" }]]);`,
  `record(metrics);`,
  `new MetricsManager({ metrics: widened });`,
  `new MetricsManager<typeof widened>();`,
  `defineMetrics({ Time: { kind: "distribution", unit: "milliseconds" } });`,
  `defineMetrics({ Time: { kind: "distribution", dimensions: ["route", "route?"] } });`,
  `metrics.time("Latency", async function* () {}, { route: "/" });`,
  `const { count } = metrics; count("Orders", 1, { country: "PT" });`,
];

const FIRST_LINE = SETUP.split("\n").length;

/** A module with all mistakes. */
export const MISTAKES_MODULE: string = SETUP + MISTAKES.join("\n");

/** What a compiler says of each mistake, as a user reads it, from what it printed for the module. */
export function saidOf(printed: string): string {
  const said = new Map<number, string[]>();
  let line = 0;
  for (const text of printed.trim().split("\n")) {
    const [, at, message] = /^[^(]*\((\d+),\d+\): error \w+: (.*)/.exec(text) ?? [];
    if (at !== undefined) line = Number(at);
    said.set(line, [...(said.get(line) ?? []), message ?? text]);
  }
  const paragraphs = MISTAKES.map((mistake, i) => {
    const messages = said.get(FIRST_LINE + i) ?? ["(nothing)"];
    return [mistake, ...messages.map((message) => `    ${message}`)].join("\n");
  });
  return `${paragraphs.join("\n\n")}\n`;
}
