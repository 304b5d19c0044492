import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { workspaceFolder } from "../../public-packages.ts";
import { installingConsumer } from "../consumer.ts";
import { startRegistry } from "../registry.ts";
import { runtimeDependencies } from "../shared-dependencies.ts";
import { WHOLE_MATRIX } from "./cells.ts";
import { report } from "./report.ts";
import { type Cell, type Outcome, runCell } from "./run-cell.ts";

const HELP = `
Usage: npm run matrix -- [options]

Adds each sink to programs that have the vendor's packages already, with every package manager and
runtime, and tries the newest version of everything. Writes docs/tested-versions.md. Exits with 1 if
a cell of the matrix does not do what it must.

  --only <text>   only the cells whose name matches this regular expression, and write no file
  --at-once <n>   how many cells to try at a time (2: they mostly wait for the network)
  --list          only print the names of the cells
  --help          print this
`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    "at-once": { type: "string", default: "2" },
    list: { type: "boolean" },
    help: { type: "boolean" },
  },
});
const only = new RegExp(values.only ?? "", "i");
const cells = WHOLE_MATRIX.filter((cell) => only.test(nameOf(cell)));
if (values.help === true) console.log(HELP.trim());
else if (values.list === true) console.log(cells.map(nameOf).join("\n"));
else process.exitCode = (await runAll()) ? 0 : 1;

/** Runs the cells, and tells whether all went well. */
async function runAll(): Promise<boolean> {
  await using registry = await startRegistry();
  const folder = await mkdtemp(join(tmpdir(), "matrix-"));
  try {
    const tools = installingConsumer(folder, registry.url);
    await tools.install(runtimeDependencies(), "pnpm hoisted");
    const outcomes: Outcome[] = [];
    const left = cells.entries();
    const worker = async () => {
      for (const [i, cell] of left) outcomes[i] = await runOne(cell, registry.url, tools.modules);
    };
    await Promise.all(Array.from({ length: Number(values["at-once"]) }, worker));
    if (values.only === undefined) await writeReport(outcomes);
    const failed = outcomes.filter(({ problems }) => problems.length > 0).length;
    console.log(`${outcomes.length - failed} of ${outcomes.length} cells do what they must`);
    return failed === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOne(cell: Cell, registryUrl: string, tools: string): Promise<Outcome> {
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "consumer-"));
  await using consumer = installingConsumer(folder, registryUrl);
  const outcome = await runCell(cell, consumer, tools).catch((error: Error): Outcome => ({
    cell,
    versions: {},
    problems: [error.message],
    installed: undefined,
  }));
  const seconds = ((performance.now() - started) / 1e3).toFixed(0);
  console.log(`${outcome.problems.length === 0 ? "ok  " : "FAIL"} ${nameOf(cell)} (${seconds} s)`);
  for (const problem of outcome.problems) console.log(`     ${problem}`);
  return outcome;
}

async function writeReport(outcomes: readonly Outcome[]): Promise<void> {
  const path = join(workspaceFolder, "docs/tested-versions.md");
  await writeFile(path, report(outcomes, new Date()));
  await promisify(execFile)(join(workspaceFolder, "node_modules/.bin/oxfmt"), [path]);
}

function nameOf({ vendor, program, installer }: Cell): string {
  return `${vendor.sink} · ${program.name} (${program.age}) · ${installer}`;
}
