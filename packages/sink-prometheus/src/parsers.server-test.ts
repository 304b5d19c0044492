import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { type ExampleSeries, exampleSnapshots } from "@aiokpl/sink-testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { metricName } from "./naming/metric-name.ts";
import { SeriesLabels } from "./naming/series-labels.ts";
import { PrometheusSink } from "./prometheus-sink.ts";
import { checkMetrics } from "./testing/prometheus.ts";
import { parsedByPython, type PythonSample } from "./testing/python-parsers.ts";

const OPEN_METRICS = "application/openmetrics-text;version=1.0.0";

/** What some parser takes for something else. */
const PIECES = [
  "a",
  "b",
  "orders",
  "total",
  "bytes",
  "sum",
  "_",
  "__",
  ".",
  ":",
  " ",
  "-",
  "1",
  "é",
  "漢",
  "📈",
  "\n",
  "\r",
  '"',
  "\\",
  "\\n",
  "\ud800",
  "\udc00",
  "\0",
  "\u2028",
  "#",
  "{",
  "}",
  ",",
  "=",
  "le",
  "__name__",
  "# EOF",
  "# TYPE a counter",
  "NaN",
  "constructor",
  "__proto__",
  "\t",
  "\u202e",
];
const piece = fc.constantFrom(...PIECES);
const hostile = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.string({ minLength: 1, maxLength: 20, unit: "binary" }),
);
/** Nine of ten begin with a letter, so that not most of them are refused. */
const name = fc
  .tuple(fc.constantFrom("", "a", "b", "c", "d", "e", "f", "g", "h", "i"), hostile)
  .map((parts) => parts.join(""));
const dimensions = fc
  .uniqueArray(fc.tuple(name, hostile), { maxLength: 4, selector: ([name]) => name })
  // Not Object.fromEntries, which takes __proto__ for a name.
  .map((pairs) => pairs.filter(([name]) => name !== "__proto__"))
  .map((pairs): Record<string, string> => Object.fromEntries(pairs));
const size = fc.oneof(
  fc.constantFrom(0, 1, 17, 0.1, 1e21, 1e-7, 5e-324, 1e300, Number.MAX_SAFE_INTEGER),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
);
const series: fc.Arbitrary<ExampleSeries> = fc.record({
  name,
  kind: fc.constantFrom("counter", "gauge", "distribution"),
  unit: fc.constantFrom("1", "ms", "By", "By/s", "{x}", "%", '"', "\n", "é"),
  description: hostile,
  dimensions,
  values: fc.array(size, { minLength: 1, maxLength: 3 }),
});
const registry = fc.uniqueArray(series, {
  minLength: 30,
  maxLength: 90,
  selector: ({ name, dimensions: given }) => JSON.stringify([name, given]),
});

interface Registry {
  readonly plain: string;
  readonly openMetrics: string;
  /** The values of counters, gauges and counts of distributions, by name and labels. */
  readonly expected: ReadonlyMap<string, number>;
}

/** Shows a registry. What is expected is what was put, by the names and labels that Prometheus allows. */
async function shown(given: readonly ExampleSeries[]): Promise<Registry> {
  const sink = new PrometheusSink({ classicBuckets: [1, 1_000], onWarning: () => {} });
  const window = exampleSnapshots({ series: given });
  const prepared = sink.prepare(window);
  const rejected = new Set(
    "rejected" in prepared ? prepared.rejected?.map(({ snapshot }) => snapshot) : [],
  );
  const expected = new Map<string, number>();
  for (const snapshot of window.filter((each) => !rejected.has(each))) {
    const key = keyOf(...exposed(snapshot));
    const before = expected.get(key) ?? 0;
    const { kind, sum, last, count } = snapshot;
    expected.set(key, before + (kind === "counter" ? sum : kind === "gauge" ? last : count));
  }
  const page = async (accept: string): Promise<string> =>
    Buffer.from((await sink.render(accept)).body).toString();
  return { plain: await page("text/plain"), openMetrics: await page(OPEN_METRICS), expected };
}

function exposed(snapshot: MetricSnapshot): [string, Record<string, string>] {
  const name = metricName(snapshot.name, snapshot.unit, snapshot.kind)?.name ?? "";
  const pairs = new SeriesLabels([]).of(snapshot).pairs ?? [];
  return [snapshot.kind === "distribution" ? `${name}_count` : name, Object.fromEntries(pairs)];
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The samples whose values are known, by name and labels. */
function read(samples: readonly PythonSample[] | string): Record<string, number | string> {
  if (typeof samples === "string") throw new Error(samples);
  const known = samples.filter(
    ([name, labels]) => !/_(bucket|sum)$/.test(name) || !("le" in labels),
  );
  const values: Record<string, number | string> = {};
  for (const [name, labels, value] of known) {
    const key = keyOf(name, labels);
    if (key in values) throw new Error(`${key} is there twice`);
    values[key] = value;
  }
  return values;
}

test(
  "two parsers of prometheus_client read back what was put, of 1,000 registries of hostile metrics",
  { timeout: 600_000 },
  async () => {
    const registries = await Promise.all(fc.sample(registry, 1_000).map(shown));
    let count = 0;
    for (const [i, parsed] of (await parsedByPython(registries)).entries())
      for (const samples of [parsed.plain, parsed.openMetrics]) {
        const values = read(samples);
        const { expected } = registries[i] ?? { expected: new Map<string, number>() };
        count += expected.size;
        expect([...expected].filter(([key, value]) => values[key] !== value)).toEqual([]);
      }
    expect(count).toBeGreaterThan(50_000);
  },
);

test("promtool reads every page of 50 registries of hostile metrics", async () => {
  for (const given of fc.sample(registry, 50)) {
    const { plain } = await shown(given);
    // It may dislike a name, but must be able to read it.
    expect(await checkMetrics(plain)).not.toContain("error while linting");
  }
});
