import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Options {
  /** The rows to run; empty for all. */
  readonly rows: readonly number[];
  readonly short: boolean;
  readonly format: "table" | "markdown" | "json";
  readonly rounds: number;
  readonly help: boolean;
  readonly sabotage: boolean;
}

/** A command line that asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULT_ROUNDS = 12;
const SHORT_ROUNDS = 2;
const MAX_ROUNDS = 1_000;

export const usage: string = `npm run bench -- [options]

Measures the library beside its peers and prints ratios and targets. Exits 1 when the work of a benchmark was not
done, never because of a time.

  --row N       only this row of the table; may be given several times
  --rounds N    rounds per contender, 1 to ${MAX_ROUNDS} (default ${DEFAULT_ROUNDS}, ${SHORT_ROUNDS} with --short)
  --short       a quick run with less work, to see that everything works
  --json        results as one JSON document
  --markdown    results as a Markdown table without times
  --sabotage    expect more than was recorded, to see that the checks fail
  --help        this text
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
  if (values.json === true && values.markdown === true)
    throw new UsageError("--json and --markdown exclude each other");
  return {
    rows,
    short,
    format: values.json === true ? "json" : values.markdown === true ? "markdown" : "table",
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
        markdown: { type: "boolean" },
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
