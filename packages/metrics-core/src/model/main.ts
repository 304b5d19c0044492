import { parseArgs } from "node:util";
import { RejectionWatch } from "./rejection-watch.ts";
import { search } from "./search.ts";

const HELP = `Usage: npm run model -- [options]

Random programs against core and a model of it in plain code. A program that
breaks a promise is made smaller and printed, together with its seed.

  --seed N      where to start, 0 to 2147483647 (default: another one each time)
  --seconds N   for how long (default 60)
  --all         goes on after a finding, and prints each kind of finding once
  --help        this text

Exit codes: 0 nothing found, 1 something found, 2 wrong usage.
`;

/** Programs with one seed: a finding is reproduced by playing so many. */
const PROGRAMS_PER_SEED = 250;

const LARGEST_SEED = 2 ** 31 - 1;

/** Runs the command line; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (typeof options === "string") {
    process.stderr.write(`model: ${options} (try --help)\n`);
    return 2;
  }
  if (options.help) {
    print(HELP);
    return 0;
  }
  const known = new Set<string>();
  const rejections = new RejectionWatch();
  const end = performance.now() + options.seconds * 1_000;
  let programs = 0;
  let findings = 0;
  let seed = options.seed;
  for (; performance.now() < end; seed = (seed + 1) % LARGEST_SEED) {
    const searched = await search(rejections, { seed, programs: PROGRAMS_PER_SEED, known });
    programs += searched.programs;
    const { broken } = searched;
    if (broken === undefined) continue;
    print(`seed ${seed}: ${broken.what}: ${broken.detail}\n${JSON.stringify(broken.program)}\n`);
    known.add(broken.what);
    findings++;
    if (!options.all) break;
  }
  rejections.stop();
  print(`${programs} programs, seeds ${options.seed} to ${seed}: ${findings} findings`);
  return findings === 0 ? 0 : 1;
}

interface Options {
  readonly seed: number;
  readonly seconds: number;
  readonly all: boolean;
  readonly help: boolean;
}

/** What the command line asks for, or what is wrong with it. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string" },
        seconds: { type: "string" },
        all: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    const seed = Number(values.seed ?? Math.floor(Math.random() * LARGEST_SEED));
    const seconds = Number(values.seconds ?? 60);
    if (!(Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED))
      return `--seed "${values.seed}": must be a whole number from 0 to ${LARGEST_SEED}`;
    if (!(seconds > 0)) return `--seconds "${values.seconds}": must be a number above 0`;
    return { seed, seconds, all: values.all ?? false, help: values.help ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.exitCode = await main(process.argv.slice(2));
