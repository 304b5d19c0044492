import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

/** Where the metrics can go. */
type SinkName = (typeof SINKS)[number];

const SINKS = ["console", "memory", "null", "cloudwatch", "otel", "datadog", "prometheus"] as const;

const VENDORS: readonly SinkName[] = ["cloudwatch", "otel", "datadog"];

/** Whether a sink sends to a vendor, so that `--endpoint` can say where. */
export function isVendor(sink: SinkName): boolean {
  return VENDORS.includes(sink);
}

/** Which dimensions the console's tables show; the KPL's `metricsGranularity`. */
type Granularity = "global" | "stream" | "shard";

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** Files to read, in order; `-` is standard input. If empty, see the help. */
  readonly paths: readonly string[];
  /** Milliseconds that a window lasts. @default 2_000 */
  readonly intervalMs: number;
  /** Records per second, `Infinity` for no limit. If undefined, the input decides. */
  readonly rate: number | undefined;
  /** Seconds after which reading stops. If undefined, it stops at the end of the input. */
  readonly seconds: number | undefined;
  /** @default "console" */
  readonly sink: SinkName;
  /** URL to send to, without a slash at the end. If undefined, the environment variables decide. */
  readonly endpoint: string | undefined;
  /** @default "global" */
  readonly granularity: Granularity;
  /** @default 1 */
  readonly seed: number;
  readonly json: boolean;
}

export const HELP = `Usage: npm start -- [options] [file ...]

Shows the metrics of a small record producer. The producer reads lines and
sends them as records to a simulated Kinesis stream on this machine, which
throttles, fails and slows down. Its metrics are the 15 metrics of the Kinesis
Producer Library. At the end the program checks that they are correct.

Without a file, it reads standard input if something is piped or redirected to
it. If nothing arrives within a second, it reads this repository's
pnpm-lock.yaml. The file name "-" always means standard input.

  --interval MS     length of a window in milliseconds (default 2000)
  --rate N          records per second, or "max" (default 1000; pnpm-lock.yaml
                    is read in six seconds)
  --seconds N       stop reading after N seconds (default: at the end of input)
  --sink NAME       where to send the metrics:
                    console: print a table per window (default)
                    memory, null: print no tables, only the check at the end
                    cloudwatch, otel, datadog: send to the vendor that its
                    environment variables name, or to --endpoint
                    prometheus: serve at http://127.0.0.1:9464/metrics, or as
                    OTEL_EXPORTER_PROMETHEUS_HOST and _PORT say
  --endpoint URL    send to this URL instead of the vendor: a moto server, an
                    OTLP receiver such as http://127.0.0.1:4318, or
                    VictoriaMetrics such as http://127.0.0.1:8428/datadog
  --granularity G   rows of the tables: one per metric ("global", the default),
                    one per "stream", or one per stream and "shard"
  --seed N          which sequence of failures to simulate (default 1)
  --json            print each snapshot as a line of JSON on standard output,
                    and everything else on standard error
  --help            print this text

Ctrl-C stops the reading. The program still sends the records that it has read,
exports their metrics and checks them. A second Ctrl-C exits at once.

Exit codes: 0 the check succeeded, 1 the check failed, 2 wrong usage or
unreadable input, 130 interrupted twice.
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
    // Strict mode would throw its own messages; the checks below have clearer ones.
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
    throw new UsageError(
      `--endpoint works only with --sink ${VENDORS.join(", ")}, and not with ${sink}`,
    );
  if (json && sink !== "console") {
    throw new UsageError(
      `--json replaces the console's tables and can't be combined with --sink ${sink}`,
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
  // The longest timer of Node, 2^31 ms, is about 2,147,483 seconds.
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
