import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** If undefined, each run has a new one. */
  readonly seed: number | undefined;
  /** For how many seconds new managers are started. The last ones then get time to close. @default 20, with --short 2 */
  readonly seconds: number;
  /** How many managers run at the same time. @default 5, with --short 3 */
  readonly managers: number;
  /** Whether managers are closed sooner, so that several follow each other in a short run. */
  readonly short: boolean;
  /** Whether each manager has one more sink, which claims to deliver what it keeps. */
  readonly sabotage: boolean;
}

export const HELP = `Usage: npm run chaos -- [options]

Runs managers and sinks against vendors that misbehave in a third of their
answers. Everything that is recorded must be delivered, rejected with a reason,
or counted as pending. The program, the managers, the sinks and the vendors each
count for themselves; at the end all these counts must agree.

  --seed N       repeat the run with this seed, 0 to 4294967295 (default: a new
                 seed each time; it is printed first)
  --seconds N    for how long to start new managers (default 20)
  --managers N   how many managers run at the same time, 1 to 50 (default 5)
  --short        run for about 3 seconds
  --sabotage     add a dishonest sink to each manager, to see that the checks fail
  --help         print this text

Exit codes: 0 all counts agree, 1 they do not agree, 2 wrong usage.
`;

const FLAGS = {
  help: { type: "boolean", short: "h" },
  seed: { type: "string" },
  seconds: { type: "string" },
  managers: { type: "string" },
  short: { type: "boolean" },
  sabotage: { type: "boolean" },
} as const;

const LARGEST_SEED = 2 ** 32 - 1;
const MOST_MANAGERS = 50;
const MOST_SECONDS = 3_600;

/**
 * Reads the command line, without the program's own name.
 *
 * @throws UsageError for an unknown flag, or a missing or bad value.
 */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const short = values.short ?? false;
  return {
    help: values.help ?? false,
    seed: wholeNumber("--seed", values.seed, 0, LARGEST_SEED),
    seconds: seconds(values.seconds) ?? (short ? 2 : 20),
    managers: wholeNumber("--managers", values.managers, 1, MOST_MANAGERS) ?? (short ? 3 : 5),
    short,
    sabotage: values.sabotage ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(number > 0 && number <= MOST_SECONDS))
    throw new UsageError(`--seconds "${text}": must be a number above 0, at most ${MOST_SECONDS}`);
  return number;
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most))
    throw new UsageError(`${flag} "${text}": must be a whole number from ${least} to ${most}`);
  return number;
}
