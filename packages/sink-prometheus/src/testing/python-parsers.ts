import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** A page in two formats. */
export interface TwoPages {
  readonly plain: string;
  readonly openMetrics: string;
}

/** A sample as a parser of Python's prometheus_client read it. */
export type PythonSample = readonly [
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number | string,
];

/** What both parsers read of a page; a text is what one of them complained about. */
export interface Parsed {
  readonly plain: readonly PythonSample[] | string;
  readonly openMetrics: readonly PythonSample[] | string;
}

const PROGRAM = `
import json, math, sys
from prometheus_client.parser import text_string_to_metric_families as plain
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

def number(value):
    return value if math.isfinite(value) else str(value)

def samples(parse, page):
    try:
        return [[s.name, s.labels, number(s.value)] for family in parse(page) for s in family.samples]
    except Exception as error:
        return repr(error)

for line in sys.stdin:
    pages = json.loads(line)
    print(json.dumps({"plain": samples(plain, pages["plain"]), "openMetrics": samples(open_metrics, pages["openMetrics"])}))
`;

/** Reads pages with the parsers of the Python that PROMETHEUS_CLIENT_PYTHON names. */
export async function parsedByPython(pages: readonly TwoPages[]): Promise<readonly Parsed[]> {
  const python = process.env["PROMETHEUS_CLIENT_PYTHON"];
  if (python === undefined)
    throw new Error("PROMETHEUS_CLIENT_PYTHON must name a Python; .ci/servers brings one");
  const child = spawn(python, ["-c", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const output = text(child.stdout);
  child.stdin.end(pages.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${python} exited with ${String(code)}`);
  return (await output)
    .trimEnd()
    .split("\n")
    .map((line): Parsed => JSON.parse(line));
}
