import type { MeasuredRow } from "./measure-row.ts";
import { median } from "./statistics.ts";

/** The rows that the page shows. */
export const PAGE_ROWS: readonly number[] = [21, 22, 23, 24, 25, 26];

/** On what the figures were measured. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly node: string;
  /** How many programs were running on average in the minute before, as `uptime` shows it. */
  readonly load: number;
}

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
    title: "2,000 new series a minute, for two hours",
    columns: [
      { heading: "growth a minute, first ten minutes, kB", row: 26, measure: "first", per: KB },
      { heading: "growth a minute, last twenty minutes, kB", row: 26, measure: "later", per: KB },
      { heading: "heap at the end, MB", row: 26, measure: "heap", per: MB },
    ],
    groups: [...OTLP, DATADOG, CLOUDWATCH],
  },
];

const BEGIN = "<!-- measured by npm run bench -- --page: do not edit -->";
const END = "<!-- end of what was measured -->";

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
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${BEGIN} or ${END}`);
  const tables = TABLES.map((table) => ({
    ...table,
    columns: table.columns.filter(({ row }) => measured.has(row)),
  })).filter(({ columns }) => columns.length > 0);
  const parts = [BEGIN, aboutMachine(machine), ...tables.map((table) => render(table, measured))];
  return `${page.slice(0, begin)}${parts.join("\n\n")}\n\n${page.slice(end)}`;
}

function aboutMachine({ date, cores, cpu, node, load }: Machine): string {
  return `Measured on ${date} with Node ${node.replace("v", "")} on ${cores} cores (${cpu}). The load was ${load.toFixed(1)} before.`;
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
  return `### ${table.title}\n\n${aligned([headings, ...lines])}`;
}

function text(value: number, { per = 1, digits = 0 }: Column): string {
  return Number.isFinite(value) ? (value / per).toFixed(digits) : "";
}

/** A table in Markdown, whose first line has the headings and whose figures stand at the right. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) =>
    Math.max(3, ...lines.map((cells) => cells[i]?.length ?? 0)),
  );
  const rendered = lines.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
  );
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const [headings = [], ...rest] = rendered;
  return [headings, rule, ...rest].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
