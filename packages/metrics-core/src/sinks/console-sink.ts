import { formatTable } from "./console-table.ts";
import { printable, printableJson } from "../problems/printable.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { show } from "../problems/show.ts";

/** Options of {@link ConsoleSink}. */
export interface ConsoleSinkOptions {
  /** `table`: a table per window, for people. `json`: a snapshot per line, for programs. @default "table" */
  readonly format?: "table" | "json" | undefined;
  /**
   * The width in characters that a table may take; dimensions that do not fit are wrapped. At least
   * 40. @default the width of the terminal, which is read for each table, or 120 where there is none
   */
  readonly columns?: number | undefined;
  /** Shown above each table. @default nothing */
  readonly title?: string | undefined;
  /** Takes the text, one call per table or line, without a line break at its end. @default console.log */
  readonly write?: ((text: string) => void) | undefined;
}

const LEAST_COLUMNS = 40;
const COLUMNS_WITHOUT_TERMINAL = 120;

/**
 * Prints every window. Where several series have a dimension with the same value in common, as the
 * manager's `commonDimensions` are, the table shows it once, above its rows. What a
 * terminal would obey in names and values is taken out, and escaped in JSON.
 */
export class ConsoleSink implements MetricsSink {
  /** Always "console". */
  readonly name = "console";
  readonly #format: "table" | "json";
  readonly #title: string;
  readonly #columns: number | undefined;
  readonly #write: (text: string) => void;

  /** @throws RangeError for an unknown format or a width below 40. */
  constructor({ format = "table", columns, title, write }: ConsoleSinkOptions = {}) {
    if (!["table", "json"].includes(format))
      throw new RangeError(`format is ${show(format)}, must be "table" or "json"`);
    if (columns !== undefined && !(columns >= LEAST_COLUMNS))
      throw new RangeError(`columns is ${String(columns)}, must be at least ${LEAST_COLUMNS}`);
    this.#format = format;
    this.#columns = columns;
    this.#title = title ? `${printable(title)}  ` : "";
    // Looked up with each call, so that a test or a host may replace console.log.
    this.#write = write ?? ((text) => console.log(text));
  }

  /** Prints the snapshots: a table for each window, or a line of JSON for each snapshot. */
  export(snapshots: readonly MetricSnapshot[]): Promise<void> {
    if (this.#format === "json")
      for (const snapshot of snapshots) this.#write(printableJson(snapshot));
    else for (const window of byWindow(snapshots)) this.#write(this.#table(window));
    return Promise.resolve();
  }

  #table(window: readonly MetricSnapshot[]): string {
    const [first] = window;
    if (first === undefined) return "";
    const { windowStart, windowEnd } = first;
    const seconds = ((windowEnd - windowStart) / 1_000).toLocaleString("en-US");
    const bounds = `${new Date(windowStart).toISOString()} + ${seconds} s`;
    return `${this.#title}${bounds}, ${window.length} series\n${formatTable(window, this.#columns ?? terminalColumns())}\n`;
  }
}

/** The width of the terminal that standard output goes to. */
function terminalColumns(): number {
  const { process } = globalThis as { process?: { stdout?: { columns?: number } } };
  return Math.max(LEAST_COLUMNS, process?.stdout?.columns || COLUMNS_WITHOUT_TERMINAL);
}

/** The snapshots grouped by their window, the oldest first. */
function byWindow(snapshots: readonly MetricSnapshot[]): Iterable<readonly MetricSnapshot[]> {
  const windows = new Map<string, MetricSnapshot[]>();
  for (const snapshot of [...snapshots].sort(
    (a, b) => a.windowStart - b.windowStart || a.windowEnd - b.windowEnd,
  )) {
    const key = `${snapshot.windowStart} ${snapshot.windowEnd}`;
    const window = windows.get(key);
    if (window === undefined) windows.set(key, [snapshot]);
    else window.push(snapshot);
  }
  return windows.values();
}
