import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A series that a query found. */
interface QueriedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus of its own on a free port of 127.0.0.1. */
export interface Prometheus extends AsyncDisposable {
  /** The series of an instant query. */
  query(query: string): Promise<readonly QueriedSeries[]>;
  /** The value of a query that finds one series. */
  value(query: string): Promise<number | undefined>;
}

/** What a Prometheus is to scrape. */
export interface ScrapeJob {
  /** By the job's name: `host:port` of each target. */
  readonly targets: readonly string[];
  /** Further lines of the job's configuration. */
  readonly settings?: readonly string[];
}

/** Starts the program that PROMETHEUS names, and waits until it answers. */
export async function startPrometheus(
  jobs: Readonly<Record<string, ScrapeJob>>,
  scrapeIntervalMs: number,
  flags: readonly string[] = [],
): Promise<Prometheus> {
  const program = programNamed("PROMETHEUS");
  const folder = await mkdtemp(join(tmpdir(), "prometheus-"));
  const config = join(folder, "prometheus.yml");
  const lines = Object.entries(jobs).flatMap(([job, { targets, settings = [] }]) => [
    `  - job_name: ${job}`,
    `    scrape_interval: ${scrapeIntervalMs}ms`,
    `    scrape_timeout: ${scrapeIntervalMs}ms`,
    ...settings.map((setting) => `    ${setting}`),
    `    static_configs: [{ targets: ${JSON.stringify(targets)} }]`,
  ]);
  await writeFile(config, `scrape_configs:\n${lines.join("\n")}\n`);
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${program} did not answer within 30 s`);
    await pause(100);
  }
  const query = async (query: string): Promise<readonly QueriedSeries[]> => {
    const parameters = new URLSearchParams({ query }).toString();
    const response = await fetch(`${url}/api/v1/query?${parameters}`);
    const { data, error } = (await response.json()) as {
      data?: { result: { metric: Record<string, string>; value?: [number, string] }[] };
      error?: string;
    };
    if (data === undefined) throw new Error(`${query}: ${error}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value?.[1]) }));
  };
  return {
    query,
    value: async (text) => (await query(text))[0]?.value,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What `promtool check metrics` has to say of a page; empty where it is clean. */
export async function checkMetrics(page: string): Promise<string> {
  const child = spawn(programNamed("PROMTOOL"), ["check", "metrics"]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.end(page);
  const [code] = await once(child, "close");
  return code === 0 ? output : `exit ${String(code)}: ${output}`;
}

/** Resolves when a condition holds; rejects after a minute. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("it did not come true within a minute");
    await pause(50);
  }
}

/** Lets this many milliseconds pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function programNamed(variable: string): string {
  const program = process.env[variable];
  if (program === undefined)
    throw new Error(`${variable} must name its program; .ci/servers brings one`);
  return program;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
