import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** The rows to run; empty for all. */
  readonly rows: readonly number[];
  readonly short: boolean;
  readonly format: "table" | "json" | "page" | "results";
  readonly rounds: number;
  readonly help: boolean;
  readonly sabotage: boolean;
}

/** A mistake in the command line. The message says what is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULT_ROUNDS = 12;
const SHORT_ROUNDS = 2;
const MAX_ROUNDS = 1_000;

export const usage: string = `npm run bench -- [options]

Measures this library and other metrics libraries in the same run, and prints the ratios and the targets.

  --row N       measure only this row of the table; can be given several times
  --rounds N    rounds per contender, 1 to ${MAX_ROUNDS} (default ${DEFAULT_ROUNDS}, ${SHORT_ROUNDS} with --short)
  --short       do less work: shows that everything works, but the figures mean little
  --json        print the results as one JSON document
  --page        measure the service (rows 21 to 26), and replace the tables in docs/performance.md
  --results     measure all other rows, and replace the table in this package's README;
                with --row, what other rows say is left out of the table or page
  --sabotage    expect more than was recorded, to see that the checks fail
  --help        print this text

Exit codes: 0 measured (slow results do not fail), 1 a contender failed or recorded wrong totals, 2 wrong usage.
`;

/** Reads the command line. Throws {@link UsageError} that names what is wrong. */
export function parseOptions(args: readonly string[], knownRows: readonly number[]): Options {
  const { values } = parse(args);
  const short = values.short ?? false;
  const rows = (values.row ?? []).map((text) => {
    const row = Number(text);
    if (!knownRows.includes(row))
      throw new UsageError(`--row ${text}: the rows are ${knownRows.join(", ")}`);
    return row;
  });
  const formats = (["json", "page", "results"] as const).filter((name) => values[name] === true);
  if (formats.length > 1) throw new UsageError(`--${formats.join(" and --")} can't be combined`);
  if (short && (formats[0] === "page" || formats[0] === "results"))
    throw new UsageError(`--${formats[0]} and --short can't be combined: the figures mean little`);
  return {
    rows,
    short,
    format: formats[0] ?? "table",
    rounds:
      values.rounds === undefined
        ? short
          ? SHORT_ROUNDS
          : DEFAULT_ROUNDS
        : parseRounds(values.rounds),
    help: values.help ?? false,
    sabotage: values.sabotage ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        row: { type: "string", multiple: true },
        rounds: { type: "string" },
        short: { type: "boolean" },
        json: { type: "boolean" },
        page: { type: "boolean" },
        results: { type: "boolean" },
        sabotage: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new UsageError(`--rounds ${text}: must be an integer from 1 to ${MAX_ROUNDS}`);
  }
  return rounds;
}
