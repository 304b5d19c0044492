const KINDS = ["counter", "gauge", "distribution"];
const VERBS = ["count", "gauge", "distribution"];

/** A module with a catalogue of so many metrics, and one call of each. */
export function largeCatalogue(metrics: number): string {
  const all = Array.from({ length: metrics }, (_, i) => i);
  const entries = all.map(
    (i) =>
      `  M${i}: { kind: "${KINDS[i % 3]}", unit: "By", description: "Metric ${i}.", dimensions: ["route", "d${i % 10}?"] },`,
  );
  const calls = all.map((i) => `m.${VERBS[i % 3]}("M${i}", 1, { route: "a", d${i % 10}: ${i} });`);
  return `import { MetricsManager } from "@aiokpl/metrics-core";
const catalogue = {
${entries.join("\n")}
} as const;
const m = new MetricsManager({ metrics: catalogue });
${calls.join("\n")}
`;
}
