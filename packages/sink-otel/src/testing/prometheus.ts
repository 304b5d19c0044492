import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Prometheus of its own on a free port of 127.0.0.1, that scrapes what it is told. */
export interface Prometheus extends AsyncDisposable {
  /** The values of an instant query, by their series' labels. */
  query(
    query: string,
  ): Promise<
    readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]
  >;
}

/** Starts the program that PROMETHEUS names, with a job for each target `host:port`, and waits until it answers. */
export async function startPrometheus(
  targets: Readonly<Record<string, string>>,
  scrapeIntervalMs: number,
): Promise<Prometheus> {
  const program = programNamed("PROMETHEUS");
  const folder = await mkdtemp(join(tmpdir(), "prometheus-"));
  const jobs = Object.entries(targets).map(
    ([job, target]) =>
      `  - job_name: ${job}\n    scrape_interval: ${scrapeIntervalMs}ms\n    scrape_timeout: ${scrapeIntervalMs}ms\n    static_configs: [{ targets: ["${target}"] }]\n`,
  );
  const config = join(folder, "prometheus.yml");
  await writeFile(config, `scrape_configs:\n${jobs.join("")}`);
  const port = await freePort();
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (
    !(await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${program} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    async query(query) {
      const response = await fetch(
        `${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`,
      );
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What `promtool check metrics` has to say of an exposition; empty where it is clean. */
export async function checkMetrics(exposition: string): Promise<string> {
  const child = spawn(programNamed("PROMTOOL"), ["check", "metrics"]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.end(exposition);
  const [code] = await once(child, "close");
  return code === 0 ? output : `exit ${String(code)}: ${output}`;
}

function programNamed(variable: string): string {
  const program = process.env[variable];
  if (program === undefined)
    throw new Error(`${variable} must name its program; .ci/servers brings one`);
  return program;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
