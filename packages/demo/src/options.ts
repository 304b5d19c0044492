import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** Where the metrics can go. */
type SinkName = (typeof SINKS)[number];

const SINKS = ["console", "memory", "null", "cloudwatch", "otel", "datadog"] as const;

const VENDORS: readonly SinkName[] = ["cloudwatch", "otel", "datadog"];

/** Whether a sink has a vendor's end, which may be elsewhere. */
export function isVendor(sink: SinkName): boolean {
  return VENDORS.includes(sink);
}

/** How fine the rows of the console's tables are; the KPL's `metricsGranularity`. */
type Granularity = "global" | "stream" | "shard";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** Files to read, in order; `-` is standard input. None: see the help. */
  readonly paths: readonly string[];
  /** Milliseconds that a window lasts. @default 2_000 */
  readonly intervalMs: number;
  /** Records per second, `Infinity` for no limit; undefined where the input decides. */
  readonly rate: number | undefined;
  /** Seconds after which reading stops; undefined: at the end of the input. */
  readonly seconds: number | undefined;
  /** @default "console" */
  readonly sink: SinkName;
  /** The vendor's end, without a slash at the end; undefined: as the environment says. */
  readonly endpoint: string | undefined;
  /** @default "global" */
  readonly granularity: Granularity;
  /** @default 1 */
  readonly seed: number;
  readonly json: boolean;
}

export const HELP = `Usage: npm start -- [options] [file ...]

Reads lines, produces them as records to a Kinesis-like stream that throttles,
fails and slows down, measures that with the 15 metrics of the Kinesis Producer
Library, and checks at the end that the metrics tell the truth.

Input: the files named, in order; "-" is standard input. With none named, what
is piped or redirected to standard input; with nothing there within a second,
the repository's own pnpm-lock.yaml.

  --interval MS     length of a window in milliseconds (default 2000)
  --rate N          records per second, or "max" (default 1000; for
                    pnpm-lock.yaml the rate at which it lasts six seconds)
  --seconds N       stop reading after N seconds (default: at the end of input)
  --sink NAME       console: a table per window (default)
                    memory, null: no tables, the reconciliation only
                    cloudwatch, otel, datadog: to the vendor, as its environment
                    variables say, or to --endpoint
  --endpoint URL    where that sink sends to instead: a moto server, an OTLP
                    receiver such as http://127.0.0.1:4318, a VictoriaMetrics
                    such as http://127.0.0.1:8428/datadog
  --granularity G   rows of the tables: "global" (default), per "stream", or per
                    stream and "shard"
  --seed N          which script of throttling and failures to play (default 1)
  --json            every snapshot as a line of JSON on standard output, all
                    else on standard error
  --help            this text

Ctrl-C stops reading; what was read is still sent, exported and reconciled, so
the exit code is that of a run that read less. A second Ctrl-C exits at once.

Exit codes: 0 reconciled, 1 did not reconcile, 2 wrong usage or unreadable
input, 130 interrupted twice.
`;

const FLAGS = {
  help: { type: "boolean", short: "h" },
  interval: { type: "string" },
  rate: { type: "string" },
  seconds: { type: "string" },
  sink: { type: "string" },
  endpoint: { type: "string" },
  granularity: { type: "string" },
  seed: { type: "string" },
  json: { type: "boolean" },
} as const;

/**
 * Reads the command line, without the program's own name.
 *
 * @throws UsageError for an unknown flag, a missing or bad value, or flags that contradict each other.
 */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: FLAGS,
    allowPositionals: true,
    // The checks of strict mode are made below, in this program's own words.
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const flag = token.rawName;
    if (!isFlag(token.name)) throw new UsageError(`unknown option ${flag}`);
    if (FLAGS[token.name].type === "boolean") {
      if (token.value !== undefined)
        throw new UsageError(`${flag} takes no value, but was given "${token.value}"`);
    } else if (token.value === undefined) throw new UsageError(`${flag} needs a value`);
  }
  const text = (flag: keyof typeof FLAGS): string | undefined => {
    const value = values[flag];
    return typeof value === "string" ? value : undefined;
  };
  const json = values.json === true;
  const sink = oneOf("--sink", text("sink"), SINKS, "console");
  const endpoint = url("--endpoint", text("endpoint"));
  if (endpoint !== undefined && !isVendor(sink))
    throw new UsageError(`--endpoint is for --sink ${VENDORS.join(", ")}, and not for ${sink}`);
  if (json && sink !== "console") {
    throw new UsageError(
      `--json takes the place of the console's tables and can't be combined with --sink ${sink}`,
    );
  }
  return {
    help: values.help === true,
    paths: positionals,
    intervalMs:
      wholeNumber("--interval", text("interval"), 100, 3_600_000, "milliseconds") ?? 2_000,
    rate:
      text("rate") === "max"
        ? Infinity
        : positiveNumber("--rate", text("rate"), 'above 0, or "max"'),
    seconds: positiveNumber("--seconds", text("seconds"), "above 0"),
    sink,
    endpoint,
    granularity: oneOf(
      "--granularity",
      text("granularity"),
      ["global", "stream", "shard"],
      "global",
    ),
    seed: wholeNumber("--seed", text("seed"), 0, 2 ** 32 - 1) ?? 1,
    json,
  };
}

function isFlag(name: string): name is keyof typeof FLAGS {
  return Object.hasOwn(FLAGS, name);
}

function oneOf<const T extends string>(
  flag: string,
  value: string | undefined,
  allowed: readonly T[],
  otherwise: T,
): T {
  if (value === undefined) return otherwise;
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new UsageError(`${flag} "${value}": must be one of ${allowed.join(", ")}`);
  return found;
}

function url(flag: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new UsageError(`${flag} "${value}": must be an http or https URL`);
  return value.replace(/\/+$/, "");
}

function positiveNumber(flag: string, value: string | undefined, rule: string): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d*\.?\d+$/.test(value) ? Number(value) : NaN;
  // 2^31 ms, the longest timer, is about 25 days; no rate comes near a million a millisecond.
  if (!(number > 0 && number <= 2_000_000)) {
    throw new UsageError(`${flag} "${value}": must be a number ${rule}, at most 2000000`);
  }
  return number;
}

function wholeNumber(
  flag: string,
  value: string | undefined,
  least: number,
  most: number,
  unit = "",
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= least && number <= most)) {
    throw new UsageError(
      `${flag} "${value}": must be a whole number${unit && ` of ${unit}`} from ${least} to ${most}`,
    );
  }
  return number;
}
