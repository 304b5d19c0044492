import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** Undefined: a new one for each run. */
  readonly seed: number | undefined;
  /** How long managers are started, in seconds; the last ones are then given time to close. @default 20, with --short 2 */
  readonly seconds: number;
  /** How many managers are at work at the same time. @default 5, with --short 3 */
  readonly managers: number;
  /** Managers live for a shorter time, so that a short run sees some come and go. */
  readonly short: boolean;
  /** One more sink in each manager says that it delivers what it keeps. */
  readonly sabotage: boolean;
}

export const HELP = `Usage: npm run chaos -- [options]

Managers and sinks against vendors that misbehave in a third of their answers.
Whatever is recorded must be delivered, rejected with a reason, or pending and
counted; the books of the program, the managers, the sinks and the vendors are
compared for every manager and every sink.

  --seed N       what to play, 0 to 4294967295 (default: another one each time)
  --seconds N    how long new managers are started (default 20)
  --managers N   how many are at work at the same time, 1 to 50 (default 5)
  --short        a run of about 3 seconds
  --sabotage     adds a dishonest sink to each manager, to see that the checks fail
  --help         this text

Exit codes: 0 balanced, 1 not balanced, 2 wrong usage.
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
