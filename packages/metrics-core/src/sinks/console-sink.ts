import { formatTable } from "./console-table.ts";
import { printable, printableJson } from "../problems/printable.ts";
import type { MetricSnapshot } from "../contract/metric-snapshot.ts";
import type { MetricsSink } from "../contract/metrics-sink.ts";
import { show } from "../problems/show.ts";

/** Options of {@link ConsoleSink}. */
export interface ConsoleSinkOptions {
  /** `table`: a table per window, for people. `json`: a snapshot per line, for programs. @default "table" */
  readonly format?: "table" | "json" | undefined;
  /** Shown above each table. @default nothing */
  readonly title?: string | undefined;
  /** Takes the text, one call per table or line, without a line break at its end. @default console.log */
  readonly write?: ((text: string) => void) | undefined;
}

/** Prints every window. What a terminal would obey in names and values is taken out, and escaped in JSON. */
export class ConsoleSink implements MetricsSink {
  readonly name = "console";
  readonly #format: "table" | "json";
  readonly #title: string;
  readonly #write: (text: string) => void;

  /** @throws RangeError for an unknown format. */
  constructor({ format = "table", title, write }: ConsoleSinkOptions = {}) {
    if (!["table", "json"].includes(format))
      throw new RangeError(`format is ${show(format)}, must be "table" or "json"`);
    this.#format = format;
    this.#title = title ? `${printable(title)}  ` : "";
    // Looked up with each call, so that a test or a host may replace console.log.
    this.#write = write ?? ((text) => console.log(text));
  }

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
    return `${this.#title}${bounds}, ${window.length} series\n${formatTable(window)}\n`;
  }
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
