// Runs the benchmarks and prints their table; see README.md.
import { measureRow, type Result } from "./measure-row.ts";
import { parseOptions, usage, UsageError, type Options } from "./options.ts";
import { renderMarkdown, renderTable } from "./report.ts";
import { rows } from "./rows.ts";
import { WorkNotDone } from "./totals.ts";

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
  const results: Result[] = [];
  for (const row of rows) {
    if (options.rows.length > 0 && !options.rows.includes(row.number)) continue;
    process.stderr.write(`row ${row.number}: ${row.title}\n`);
    try {
      results.push(...(await measureRow(row, options, options.rounds)));
    } catch (error) {
      if (!(error instanceof WorkNotDone)) throw error;
      process.stderr.write(`a contender failed: ${error.message}\n`);
      return 1;
    }
  }
  process.stdout.write(render(results, options));
  return 0;
}

function render(results: readonly Result[], { format, rounds, short }: Options): string {
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
