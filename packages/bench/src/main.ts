// Runs the benchmarks and prints their table; see README.md.
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { type MeasuredRow, measureRow, type Result, resultsOf } from "./measure-row.ts";
import type { Machine } from "./measured-part.ts";
import { parseOptions, usage, UsageError, type Options } from "./options.ts";
import { PAGE_ROWS, withTables } from "./performance-page.ts";
import { renderTable, withResults } from "./report.ts";
import type { Row } from "./row.ts";
import { rows } from "./rows.ts";
import { WorkNotDone } from "./totals.ts";

type Measured = ReadonlyMap<Row, MeasuredRow>;

/** A file with tables of what was measured. */
interface MeasuredFile {
  readonly url: URL;
  /** The rows that it shows. */
  readonly rows: readonly number[];
  readonly withNew: (page: string, measured: Measured, machine: Machine) => string;
}

const allRows = rows.map(({ number }) => number);

const FILES: Readonly<Record<"page" | "results", MeasuredFile>> = {
  page: {
    url: new URL("../../../docs/performance.md", import.meta.url),
    rows: PAGE_ROWS,
    withNew(page, measured, machine) {
      const byNumber = new Map([...measured].map(([{ number }, row]) => [number, row]));
      return withTables(page, byNumber, machine);
    },
  },
  results: {
    url: new URL("../README.md", import.meta.url),
    rows: allRows.filter((number) => !PAGE_ROWS.includes(number)),
    withNew: (page, measured, machine) => withResults(page, allResults(measured), machine),
  },
};

/** Runs the program with the given arguments. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args, allRows);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { format } = options;
  const file = format === "page" || format === "results" ? FILES[format] : undefined;
  const chosen = options.rows.length > 0 ? options.rows : (file?.rows ?? []);
  const missing = chosen.find((row) => file?.rows.includes(row) === false);
  if (missing !== undefined) {
    process.stderr.write(`--row ${missing}: --${format} does not show it\n\n${usage}`);
    return 2;
  }
  const measured = new Map<Row, MeasuredRow>();
  const machine: Machine = {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown CPU",
    node: process.version,
    load: loadavg()[0] ?? NaN,
  };
  for (const row of rows) {
    if (chosen.length > 0 && !chosen.includes(row.number)) continue;
    process.stderr.write(`row ${row.number}: ${row.title}\n`);
    try {
      measured.set(row, await measureRow(row, options, options.rounds));
      // Whatever becomes of the rows after it, its figures are kept.
      if (file !== undefined) {
        const page = file.withNew(await readFile(file.url, "utf8"), measured, machine);
        await writeFile(file.url, page);
      }
    } catch (error) {
      if (!(error instanceof WorkNotDone)) throw error;
      process.stderr.write(`a contender failed: ${error.message}\n`);
      return 1;
    }
  }
  if (file === undefined) process.stdout.write(render(measured, options));
  else process.stdout.write(`what is measured in ${fileURLToPath(file.url)} is new\n`);
  return 0;
}

function render(measured: Measured, { format, rounds, short }: Options): string {
  const results = allResults(measured);
  return format === "json"
    ? `${JSON.stringify({ node: process.version, rounds, short, results }, undefined, 2)}\n`
    : renderTable(results);
}

function allResults(measured: Measured): readonly Result[] {
  return [...measured].flatMap(([row, figures]) => resultsOf(row, figures));
}

process.exitCode = await main(process.argv.slice(2));
