// Runs the benchmarks and prints their table; see README.md.
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { type MeasuredRow, measureRow, resultsOf } from "./measure-row.ts";
import { parseOptions, usage, UsageError, type Options } from "./options.ts";
import { PAGE_ROWS, withTables } from "./performance-page.ts";
import { renderMarkdown, renderTable } from "./report.ts";
import type { Row } from "./row.ts";
import { rows } from "./rows.ts";
import { WorkNotDone } from "./totals.ts";

const PAGE = new URL("../../../docs/performance.md", import.meta.url);

/** Runs the program with the given arguments. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(
      args,
      rows.map(({ number }) => number),
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const isPage = options.format === "page";
  const chosen = isPage && options.rows.length === 0 ? PAGE_ROWS : options.rows;
  const measured = new Map<Row, MeasuredRow>();
  const loadBefore = loadavg()[0] ?? NaN;
  for (const row of rows) {
    if (chosen.length > 0 && !chosen.includes(row.number)) continue;
    process.stderr.write(`row ${row.number}: ${row.title}\n`);
    try {
      measured.set(row, await measureRow(row, options, options.rounds));
      // Whatever becomes of the rows after it, its figures are kept.
      if (isPage) await writePage(measured, loadBefore);
    } catch (error) {
      if (!(error instanceof WorkNotDone)) throw error;
      process.stderr.write(`a contender failed: ${error.message}\n`);
      return 1;
    }
  }
  if (options.format === "page")
    process.stdout.write(`the tables of ${fileURLToPath(PAGE)} are new\n`);
  else process.stdout.write(render(measured, options.format, options));
  return 0;
}

/** Replaces the tables of the page, and says on what they were measured. */
async function writePage(measured: ReadonlyMap<Row, MeasuredRow>, load: number): Promise<void> {
  const byNumber = new Map([...measured].map(([{ number }, row]) => [number, row]));
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown CPU",
    node: process.version,
    load,
  };
  await writeFile(PAGE, withTables(await readFile(PAGE, "utf8"), byNumber, machine));
}

function render(
  measured: ReadonlyMap<Row, MeasuredRow>,
  format: Exclude<Options["format"], "page">,
  { rounds, short }: Options,
): string {
  const results = [...measured].flatMap(([row, figures]) => resultsOf(row, figures));
  switch (format) {
    case "table":
      return renderTable(results);
    case "markdown":
      return renderMarkdown(results);
    case "json":
      return `${JSON.stringify({ node: process.version, rounds, short, results }, undefined, 2)}\n`;
  }
}

process.exitCode = await main(process.argv.slice(2));
