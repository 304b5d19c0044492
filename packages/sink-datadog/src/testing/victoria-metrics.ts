import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A running VictoriaMetrics on a free port of 127.0.0.1. */
export interface VictoriaMetrics extends AsyncDisposable {
  readonly url: string;
  /** Returns everything it has stored, from `/api/v1/export`. */
  export(): Promise<readonly ExportedSeries[]>;
}

/** A series in the form that VictoriaMetrics exports. */
interface ExportedSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

/** Starts the program that VICTORIA_METRICS names, and waits until it answers. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const program = process.env["VICTORIA_METRICS"];
  if (program === undefined)
    throw new Error("VICTORIA_METRICS must name its program; .ci/servers brings one");
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "victoria-metrics-"));
  const child = spawn(
    program,
    [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${folder}`, "-retentionPeriod=1y"],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (
    !(await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${program} exited with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${program} did not answer within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async export() {
      await fetch(`${url}/internal/force_flush`);
      const query = new URLSearchParams({ "match[]": '{__name__!=""}' });
      const text = await (await fetch(`${url}/api/v1/export?${query.toString()}`)).text();
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as ExportedSeries);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
