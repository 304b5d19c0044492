import { writeFileSync } from "node:fs";
import { quantile } from "../histogram/quantile.ts";
import { toValuesAndCounts } from "../histogram/to-values-and-counts.ts";
import { distributionOf } from "./distribution-of.ts";
import { seededRandom, VALUE_FAMILIES } from "./value-families.ts";

/*
 * Draws docs/percentiles.svg: `npm run picture`. For three families of 100,000 values, how far shown
 * percentiles are from the true ones.
 */

type Shown = (share: number) => number;

interface Way {
  readonly name: string;
  readonly color: string;
  readonly dash?: string;
  readonly show: (values: Float64Array) => Shown;
}

const COUNT = 100_000;
const FAMILIES = ["latencies, log-normal", "cache hits and misses", "heavy tail, Pareto"];
/** From p50 to p99.95, evenly by what is left above. */
const SHARES = Array.from({ length: 67 }, (_, i) => 1 - 0.5 * 10 ** (-i / 22));

// The defaults of the two clients, in milliseconds.
const OTEL_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];
const PROM_CLIENT_BUCKETS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

const WAYS: readonly Way[] = [
  { name: "@aiokpl, quantile()", color: "#0b6e4f", show: (values) => ours(values) },
  {
    name: "@aiokpl, as CloudWatch's 150 values",
    color: "#0b6e4f",
    dash: "2 3",
    show: (values) => stepping(toValuesAndCounts(distributionOf(values), 150)),
  },
  { name: "Datadog's sketch", color: "#632ca6", dash: "7 3", show: sketch },
  { name: "OpenTelemetry's default buckets", color: "#e0762d", show: linear(OTEL_BUCKETS) },
  {
    name: "prom-client's default buckets",
    color: "#b3261e",
    dash: "7 3",
    show: linear(PROM_CLIENT_BUCKETS),
  },
];

function ours(values: Float64Array): Shown {
  const snapshot = distributionOf(values);
  return (share) => quantile(snapshot, share) ?? NaN;
}

/** The first value up to which the rank is reached. */
function stepping({
  values,
  counts,
}: {
  values: readonly number[];
  counts: readonly number[];
}): Shown {
  return (share) => {
    let upTo = 0;
    return values.find((_, i) => (upTo += counts[i] ?? 0) >= Math.ceil(share * COUNT)) ?? NaN;
  };
}

/** DDSketch with a relative accuracy of 1/128, as the Agent's: buckets (γ^(k−1), γ^k], shown by the middle. */
function sketch(values: Float64Array): Shown {
  const gamma = (1 + 1 / 128) / (1 - 1 / 128);
  const counts = new Map<number, number>();
  for (const value of values) {
    const key = Math.ceil(Math.log(value) / Math.log(gamma));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const buckets = [...counts].sort(([a], [b]) => a - b);
  return stepping({
    values: buckets.map(([key]) => (2 * gamma ** key) / (gamma + 1)),
    counts: buckets.map(([, count]) => count),
  });
}

/** Explicit buckets, within which Prometheus' `histogram_quantile` interpolates linearly. */
function linear(bounds: readonly number[]): Way["show"] {
  return (values) => {
    const sorted = values.toSorted();
    return (share) => {
      const rank = share * COUNT;
      const upTo = (bound: number): number => sorted.findLastIndex((value) => value <= bound) + 1;
      const i = bounds.findIndex((bound) => upTo(bound) >= rank);
      const [low, high] = [i > 0 ? (bounds[i - 1] ?? 0) : 0, bounds[i]];
      if (high === undefined) return bounds.at(-1) ?? NaN;
      const below = i > 0 ? upTo(low) : 0;
      return low + ((high - low) * (rank - below)) / (upTo(high) - below);
    };
  };
}

const WIDTH = 300;
const HEIGHT = 220;
const LEFT = 60;
const TOP = 40;
const GAP = 20;
const [LEAST_ERROR, MOST_ERROR] = [1e-4, 1];

function xOf(share: number): number {
  return (-Math.log10((1 - share) * 2) / 3) * WIDTH;
}

function yOf(error: number): number {
  const clipped = Math.max(LEAST_ERROR, Math.min(MOST_ERROR, error));
  return (Math.log10(MOST_ERROR / clipped) / Math.log10(MOST_ERROR / LEAST_ERROR)) * HEIGHT;
}

function panel(family: string, position: number): string {
  const random = seededRandom(3);
  const draw = VALUE_FAMILIES[family] ?? random;
  const values = Float64Array.from({ length: COUNT }, () => draw(random));
  const sorted = values.toSorted();
  const lines = WAYS.map(({ color, dash, show }) => {
    const shown = show(values);
    const points = SHARES.map((share) => {
      const exact = sorted[Math.ceil(share * COUNT) - 1] ?? NaN;
      return `${xOf(share).toFixed(1)},${yOf(Math.abs(shown(share) / exact - 1)).toFixed(1)}`;
    });
    const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="1.5"${dashes}/>`;
  });
  const ticks = [0.5, 0.9, 0.99, 0.999].map(
    (share) =>
      `<text x="${xOf(share).toFixed(1)}" y="${HEIGHT + 16}" text-anchor="middle">p${+(share * 100).toFixed(1)}</text>`,
  );
  const grid = [1, 0.1, 0.01, 0.001, 0.0001].map((error) => {
    const y = yOf(error).toFixed(1);
    const label =
      position === 0
        ? `<text x="-6" y="${y}" dy="4" text-anchor="end">${+(error * 100).toFixed(2)} %</text>`
        : "";
    return `<line x1="0" x2="${WIDTH}" y1="${y}" y2="${y}" stroke="#ccc"/>${label}`;
  });
  const x = LEFT + position * (WIDTH + GAP);
  return `<g transform="translate(${x} ${TOP})"><text y="-10" font-weight="bold">${family}</text>${[...grid, ...ticks, ...lines].join("\n")}</g>`;
}

function legend(): string {
  const rows = WAYS.map(({ name, color, dash }, i) => {
    const x = LEFT + (i % 3) * (WIDTH + GAP);
    const y = TOP + HEIGHT + 44 + Math.floor(i / 3) * 20;
    const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
    return `<line x1="${x}" x2="${x + 30}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="1.5"${dashes}/><text x="${x + 38}" y="${y}" dy="4">${name}</text>`;
  });
  return rows.join("\n");
}

const width = LEFT + 3 * WIDTH + 2 * GAP + 20;
const height = TOP + HEIGHT + 80;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>How far shown percentiles are from the true ones</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${FAMILIES.map(panel).join("\n")}
${legend()}
</svg>
`;
writeFileSync(new URL("../../../../docs/percentiles.svg", import.meta.url), svg);
