import type { MeasuredRow } from "./measure-row.ts";
import { type Machine, markdownTable, withMeasuredPart } from "./measured-part.ts";
import { median } from "./statistics.ts";

/** The rows that the page shows. */
export const PAGE_ROWS: readonly number[] = [21, 22, 23, 24, 25, 26];

interface Column {
  readonly heading: string;
  readonly row: number;
  readonly measure: string;
  /** What a figure is divided by. */
  readonly per?: number;
  readonly digits?: number;
  /** A part of the contender's name, for a variant of it. */
  readonly variant?: string;
}

interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  /** Peers first, ours last: ours is bold where it is worse than the best of its peers. */
  readonly groups: readonly (readonly string[])[];
}

const OTLP = [
  ["otel, delta", "ours, OTLP delta"],
  ["otel, cumulative", "ours, OTLP cumulative"],
] as const;
const DATADOG = ["datadog-metrics", "ours, Datadog"] as const;
const CLOUDWATCH = ["AWS SDK by hand", "ours, CloudWatch"] as const;
const PROMETHEUS = ["prom-client", "ours, Prometheus"] as const;

const KB = 1_000;
const MB = 1_000_000;

const TABLES: readonly Table[] = [
  {
    title: "800 requests a second, an export every 5 s",
    columns: [
      { heading: "CPU per request, µs", row: 25, measure: "cpuUs" },
      { heading: "p50, ms", row: 25, measure: "p50", digits: 1 },
      { heading: "p99, ms", row: 25, measure: "p99", digits: 1 },
      { heading: "longest pause, ms", row: 25, measure: "pauseMs", digits: 1 },
      { heading: "garbage collection in 10 s, ms", row: 25, measure: "gcMs" },
      { heading: "heap, MB", row: 25, measure: "heap", per: MB, digits: 1 },
      { heading: "startup, ms", row: 25, measure: "startupMs" },
    ],
    groups: [
      ["no metrics"],
      ...OTLP,
      ["datadog-metrics", "hot-shots", "ours, Datadog"],
      ["AWS SDK by hand", "aws-embedded-metrics", "ours, CloudWatch"],
      PROMETHEUS,
    ],
  },
  {
    title: "The first 2.5 s of traffic, a small export, and an idle service",
    columns: [
      { heading: "longest pause, ms", row: 23, measure: "pauseMs" },
      {
        heading: "the same without `start()`",
        row: 23,
        measure: "pauseMs",
        variant: ", no start()",
      },
      {
        heading: "longest pause of the first export without `start()`, ms",
        row: 23,
        measure: "exportPauseMs",
        variant: ", no start()",
      },
      { heading: "CPU of an export of 13 series, ms", row: 21, measure: "cpuMs", digits: 1 },
      { heading: "CPU a minute when idle, 1,000 series, ms", row: 24, measure: "cpuMs" },
    ],
    groups: [["no metrics"], ...OTLP, DATADOG, CLOUDWATCH, PROMETHEUS, ["ours, no sink"]],
  },
  {
    title: "50,000 series, an export each second, 800 requests a second",
    columns: [
      { heading: "memory per series, B", row: 22, measure: "bytes" },
      { heading: "p50, ms", row: 22, measure: "p50", digits: 1 },
      { heading: "longest pause, ms", row: 22, measure: "pauseMs" },
      { heading: "garbage collection in 8 s, ms", row: 22, measure: "gcMs" },
      { heading: "CPU per request, µs", row: 22, measure: "cpuUs" },
    ],
    groups: OTLP,
  },
  {
    title:
      "Two hours with 2,000 new series a minute; forty minutes for others, which evict nothing",
    columns: [
      { heading: "growth a minute, first ten minutes, kB", row: 26, measure: "first", per: KB },
      { heading: "growth a minute, last twenty minutes, kB", row: 26, measure: "later", per: KB },
    ],
    groups: [...OTLP, DATADOG, CLOUDWATCH],
  },
];

/**
 * Returns the page with new tables in place of the old ones. Columns of rows that were not measured are left out.
 *
 * @throws Error if the page has no place for them
 */
export function withTables(
  page: string,
  measured: ReadonlyMap<number, MeasuredRow>,
  machine: Machine,
): string {
  const tables = TABLES.map((table) => ({
    ...table,
    columns: table.columns.filter(({ row }) => measured.has(row)),
  })).filter(({ columns }) => columns.length > 0);
  return withMeasuredPart(
    page,
    tables.map((table) => render(table, measured)),
    machine,
  );
}

function render(table: Table, measured: ReadonlyMap<number, MeasuredRow>): string {
  const figure = (name: string, { row, measure, variant = "" }: Column): number => {
    const contenders = measured.get(row);
    const own = contenders?.get(name.startsWith("ours") ? `${name}${variant}` : name);
    return median((own ?? []).map((measures) => measures[measure] ?? NaN));
  };
  const lines = table.groups.flatMap((group) =>
    group.map((name) => [
      name,
      ...table.columns.map((column) => {
        const shown = text(figure(name, column), column);
        const peers = group.filter((other) => !other.startsWith("ours"));
        const best = Math.min(...peers.map((peer) => figure(peer, column)).filter(Number.isFinite));
        const isOurs = name.startsWith("ours");
        const isWorse = isOurs && best < Infinity && Number(shown) > Number(text(best, column));
        return isWorse ? `**${shown}**` : shown;
      }),
    ]),
  );
  const headings = ["", ...table.columns.map(({ heading }) => heading)];
  return `### ${table.title}\n\n${markdownTable([headings, ...lines], (column) => column > 0)}`;
}

function text(value: number, { per = 1, digits = 0 }: Column): string {
  return Number.isFinite(value) ? (value / per).toFixed(digits) : "";
}
