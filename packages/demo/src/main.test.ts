import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { MetricSnapshot } from "@aiokpl/metrics-core";
import { refusedUrl, startIntakeServer } from "@aiokpl/sink-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "demo-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  args: readonly string[],
  stdin: "pipe" | "ignore" = "ignore",
  variables: Readonly<Record<string, string>> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: [stdin, "pipe", "pipe"],
    env: { ...process.env, ...variables },
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("no pipes");
  const ended = Promise.all([once(child, "close"), text(stdout), text(stderr)]).then(
    ([, out, err]) => {
      return { code: child.exitCode, stdout: out, stderr: err };
    },
  );
  return { child, ended };
}

function demo(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await mkdtemp(join(folder, "input-")), "lines");
  await writeFile(path, content);
  return path;
}

function linesOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `key-${i % 17} line ${i}\n`).join("");
}

/** The number in a row of the reconciliation. */
function row(output: string, label: string): number | undefined {
  const line = output.split("\n").find((each) => each.trim().startsWith(label));
  const number = line && /[\d,]+/.exec(line.trim().slice(label.length))?.[0];
  return number === undefined || number === "" ? undefined : Number(number.replaceAll(",", ""));
}

function snapshotsIn(output: string): MetricSnapshot[] {
  return output
    .split("\n")
    .filter(Boolean)
    .map((line): MetricSnapshot => JSON.parse(line));
}

function sumOf(snapshots: readonly MetricSnapshot[], name: string): number {
  return snapshots
    .filter((snapshot) => snapshot.name === name)
    .reduce((all, { sum }) => all + sum, 0);
}

describe.concurrent("the demo", { timeout: 60_000 }, () => {
  test("without arguments it reads the lock file, prints tables, reconciles and exits 0", async () => {
    const { code, stdout, stderr } = await demo("--rate", "max", "--interval", "500");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("pnpm-lock.yaml");
    expect(stdout).toContain("UserRecordsPerPutRecordsRequest");
    expect(row(stdout, "records read")).toBeGreaterThan(1_000);
    expect(row(stdout, "sum of UserRecordsReceived")).toBe(row(stdout, "records read"));
    expect(row(stdout, "sum of UserRecordsPut")).toBe(row(stdout, "put"));
    expect(stdout).toMatch(/\nAll numbers agree\.\n$/);
    // Without a terminal there is no progress line.
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("\r");
  });

  test("failed requests are retried, and the totals are right whatever the script does", async () => {
    const input = await fileOf(linesOf(600));
    const { code, stdout, stderr } = await demo(
      input,
      "--rate",
      "150",
      "--json",
      // The script of this seed fails early, since a busy machine sends the records in few requests.
      "--seed",
      "25",
      "--interval",
      "1000",
    );
    const snapshots = snapshotsIn(stdout);
    expect(code).toBe(0);
    expect(sumOf(snapshots, "UserRecordsReceived")).toBe(600);
    expect(sumOf(snapshots, "UserRecordsPut")).toBe(row(stderr, "put"));
    expect((row(stderr, "put") ?? 0) + (row(stderr, "expired") ?? 0)).toBe(600);
    expect(sumOf(snapshots, "AllErrors")).toBeGreaterThan(0);
    expect(sumOf(snapshots, "AllErrors")).toBe(sumOf(snapshots, "ErrorsByCode"));
    expect(sumOf(snapshots, "RetriesPerRecord")).toBeGreaterThan(0);
    expect(new Set(snapshots.map(({ windowEnd }) => windowEnd)).size).toBeGreaterThan(2);
  });

  test("empty lines are skipped, binary ones are put, and one that is too long is reported", async () => {
    const content = [
      "one",
      "",
      "two\r",
      "\r",
      Buffer.from([0xff, 0xfe, 0x00]),
      "x".repeat(1024 * 1024),
      "last",
    ];
    const input = await fileOf(
      Buffer.concat(content.flatMap((line) => [Buffer.from(line), Buffer.from("\n")])),
    );
    const { code, stdout } = await demo(input, "--sink", "null");
    expect(code).toBe(0);
    expect(stdout).toContain(`${input}:6: refused, 1048576 bytes long`);
    expect(row(stdout, "lines read")).toBe(7);
    expect(row(stdout, "empty, skipped")).toBe(2);
    expect(row(stdout, "too long for a record, refused")).toBe(1);
    expect(row(stdout, "records read")).toBe(4);
    expect(row(stdout, "user records stored by the endpoint")).toBe(4);
  });

  test("files are read in the order given, and the last line of one is not joined to the first of the next", async () => {
    const { code, stdout } = await demo(
      await fileOf("a\nb"),
      await fileOf("c\n"),
      "--sink",
      "memory",
    );
    expect(code).toBe(0);
    expect(row(stdout, "records read")).toBe(3);
  });

  test.each([
    ["cloudwatch", { status: 200, body: "{}" }, "/"],
    ["otel", { status: 200 }, "/v1/metrics"],
    ["datadog", { status: 202, body: '{"status":"ok"}' }, "/api/v1/series"],
  ])("the metrics go to %s", async (sink, script, path) => {
    await using intake = await startIntakeServer({ script });
    const args = ["--sink", sink, "--endpoint", intake.url, "--rate", "max"];
    const { code, stdout, stderr } = await demo(await fileOf(linesOf(50)), ...args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nAll numbers agree\.\n$/);
    expect(row(stdout, `snapshots delivered to ${sink}`)).toBeGreaterThan(10);
    expect(new Set(intake.accepted.map((request) => request.path))).toEqual(new Set([path]));
    expect(intake.accepted.some(({ body }) => Buffer.from(body).includes("UserRecordsPut"))).toBe(
      true,
    );
  });

  test("Prometheus reads the metrics, to the last one", async () => {
    const port = Number(new URL(await refusedUrl()).port);
    const { child, ended } = start(
      ["--sink", "prometheus", "--rate", "max", await fileOf(linesOf(50))],
      "ignore",
      {
        OTEL_EXPORTER_PROMETHEUS_PORT: `${port}`,
        AIOKPL_PROMETHEUS_LAST_SCRAPE_MS: "60000",
      },
    );
    let page = "";
    while (child.exitCode === null) {
      const headers = { "x-prometheus-scrape-timeout-seconds": "10" };
      page = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
        .then((response) => response.text())
        .catch(() => page);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nAll numbers agree\.\n$/);
    const puts = [...page.matchAll(/^UserRecordsPut_total\{.*\} (\d+)$/gm)].map((each) =>
      Number(each[1]),
    );
    expect(puts.reduce((sum, each) => sum + each, 0)).toBe(
      row(stdout, "user records stored by the endpoint"),
    );
  });

  test("if nobody listens at the vendor's endpoint, it says so and the check fails", async () => {
    const args = ["--sink", "datadog", "--endpoint", await refusedUrl(), "--rate", "max"];
    const { code, stdout } = await demo(await fileOf("a\n"), ...args);
    expect(code).toBe(1);
    expect(stdout).toContain("ECONNREFUSED");
    expect(stdout).toMatch(/snapshots not delivered +\d+ +≠ 0/);
  }, 40_000);

  test("an empty file reconciles too", async () => {
    const { code, stdout } = await demo(await fileOf(""));
    expect([code, row(stdout, "records read")]).toEqual([0, 0]);
  });

  test("standard input is read when something is piped, and when - names it", async () => {
    for (const args of [[], ["-"]]) {
      const { child, ended } = start([...args, "--sink", "null"], "pipe");
      child.stdin?.end("a\nb\nc\n");
      const { code, stdout } = await ended;
      expect(stdout).toContain("standard input");
      expect([code, row(stdout, "records read")]).toEqual([0, 3]);
    }
  });

  test("an empty pipe is not read as input", async () => {
    const { child, ended } = start(["--sink", "null", "--rate", "max"], "pipe");
    child.stdin?.end();
    const { code, stdout } = await ended;
    expect(stdout).toContain("Nothing came from standard input");
    expect(row(stdout, "records read")).toBeGreaterThan(1_000);
    expect(code).toBe(0);
  });

  test("--seconds ends the reading, even of an input that never ends", async () => {
    const { child, ended } = start(["-", "--seconds", "0.5", "--sink", "null"], "pipe");
    child.stdin?.write("a\nb\nunfinished");
    const { code, stdout } = await ended;
    expect([code, row(stdout, "records read")]).toEqual([0, 2]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s stops the reading; what was read is put, exported and reconciled",
    async (signal) => {
      const input = await fileOf(linesOf(100_000));
      const { child, ended } = start([input, "--json", "--rate", "300", "--interval", "200"]);
      // Something was printed, so the run has begun.
      if (child.stdout !== null) await Promise.race([once(child.stdout, "data"), ended]);
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect(stderr).toMatch(/\nAll numbers agree\.\n$/);
      expect(code).toBe(0);
      const read = row(stderr, "records read");
      expect(read).toBeGreaterThan(0);
      expect(read).toBeLessThan(100_000);
      expect(sumOf(snapshotsIn(stdout), "UserRecordsReceived")).toBe(read);
      expect(sumOf(snapshotsIn(stdout), "UserRecordsPut")).toBe(row(stderr, "put"));
    },
  );

  test("it ends without an error when the reader of its output closes the pipe", async () => {
    const input = await fileOf(linesOf(100_000));
    const child = spawn(process.execPath, [MAIN, input, "--json", "--interval", "100"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), exit]);
    child.stdout.destroy();
    const [[code], stderr] = await Promise.all([exit, text(child.stderr)]);
    expect(code).toBe(0);
    // Only the two lines at the start were written, and none about how it ended.
    expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  });

  test("--help prints every option on standard output", async () => {
    const { code, stdout, stderr } = await demo("--help");
    expect([code, stderr]).toEqual([0, ""]);
    for (const flag of [
      "--interval",
      "--rate",
      "--seconds",
      "--sink",
      "--seed",
      "--json",
      "--granularity",
    ])
      expect(stdout).toContain(flag);
  });

  test.each([
    [["--rte", "5"], "unknown option --rte"],
    [["--rate", "fast"], '--rate "fast": must be a number above 0, or "max", at most 2000000'],
    [["no/such/file"], 'cannot read "no/such/file": no such file'],
    [["."], 'cannot read ".": it is a directory; name the files in it'],
  ])("%j is one clear line on standard error, and exit code 2", async (args, message) => {
    expect(await demo(...args)).toEqual({
      code: 2,
      stdout: "",
      stderr: `demo: ${message} (try --help)\n`,
    });
  });
});
