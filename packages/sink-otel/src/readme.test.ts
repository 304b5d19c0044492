import { startIntakeServer } from "@aiokpl/sink-testkit";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decoded, fakeOtlp, metricsOf } from "./testing/otlp.ts";
import { freePort } from "./testing/prometheus.ts";

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

let folder = "";
let snippets: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "readme-"));
  for (const scope of ["@aiokpl", "@types"])
    await mkdir(join(folder, "node_modules", scope), { recursive: true });
  const link = (name: string, target: string) =>
    symlink(path(target), join(folder, "node_modules", name));
  await link("@aiokpl/metrics-core", "../../metrics-core");
  await link("@aiokpl/sink-otel", "..");
  await link("@opentelemetry", "../node_modules/@opentelemetry");
  await link("@types/node", "../../../node_modules/@types/node");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const text = await readFile(path("../README.md"), "utf8");
  snippets = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
});
afterAll(() => rm(folder, { recursive: true }));

test("the README's snippets compile as pasted", { timeout: 120_000 }, async () => {
  expect(snippets).toHaveLength(6);
  const files = snippets.map((_, i) => `snippet-${i}.ts`);
  for (const [i, file] of files.entries()) await writeFile(join(folder, file), snippets[i] ?? "");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"];
  const settings = ["--target", "es2023", "--types", "node"];
  const tsc = path("../../../node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, ...options, ...settings, ...files], { cwd: folder });
});

test("neither an SDK nor an exporter is needed to install the package", async () => {
  const manifest: unknown = JSON.parse(await readFile(path("../package.json"), "utf8"));
  // npm would solve an optional peer to its newest version, and that one's peers exclude older SDKs.
  expect(manifest).toMatchObject({ peerDependencies: { "@opentelemetry/api": "^1.9.0" } });
  expect(Object.keys(Object(Reflect.get(Object(manifest), "peerDependencies")))).toHaveLength(2);
});

test("the types need the API alone, with skipLibCheck off", { timeout: 120_000 }, async () => {
  const bare = await mkdtemp(join(tmpdir(), "types-"));
  try {
    for (const folder of ["@aiokpl/sink-otel", "@opentelemetry", "@types"])
      await mkdir(join(bare, "node_modules", folder), { recursive: true });
    const link = (name: string, target: string) =>
      symlink(path(target), join(bare, "node_modules", name));
    await link("@aiokpl/metrics-core", "../../metrics-core");
    // Not the whole package, whose own node_modules has an SDK.
    for (const part of ["dist", "package.json"])
      await link(`@aiokpl/sink-otel/${part}`, `../${part}`);
    await link("@opentelemetry/api", "../node_modules/@opentelemetry/api");
    await link("@types/node", "../../../node_modules/@types/node");
    await link("undici-types", "../../../node_modules/.pnpm/node_modules/undici-types");
    await writeFile(join(bare, "package.json"), JSON.stringify({ type: "module" }));
    const program = `export * from "@aiokpl/sink-otel";\n`;
    await writeFile(join(bare, "program.ts"), program);
    const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--preserveSymlinks"];
    const settings = ["--module", "nodenext", "--target", "es2023", "--types", "node"];
    const tsc = path("../../../node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, ...options, ...settings, "program.ts"], { cwd: bare });
  } finally {
    await rm(bare, { recursive: true });
  }
});

/** Of each snippet that sends OTLP: something in it that no other has, and the metrics that must arrive. */
test.each([
  ["createSink(", ["shop.order.value", "shop.orders"]],
  ["NodeSDK", ["orders"]],
  ["ownsExporter", ["orders"]],
])("the README's snippet with %s runs to its end, and its metrics arrive", async (part, names) => {
  await using intake = await startIntakeServer({ script: fakeOtlp });
  const [snippet = ""] = snippets.filter((each) => each.includes(part));
  const file = join(folder, `run-${names.length}-${part.replace(/\W/g, "")}.ts`);
  await writeFile(file, snippet.replace("http://127.0.0.1:4318", intake.url));
  await run(process.execPath, [file], {
    env: { PATH: process.env["PATH"], OTEL_EXPORTER_OTLP_ENDPOINT: intake.url },
  });
  const arrived = intake.accepted
    .filter(({ path: to }) => to === "/v1/metrics")
    .flatMap((request) => metricsOf(decoded(request)).map(({ name }) => name));
  expect([...new Set(arrived)].toSorted()).toEqual(names);
});

test("the README's snippet for Prometheus is scraped, and ends on SIGTERM", async () => {
  const port = await freePort();
  const [snippet = ""] = snippets.filter((each) => each.includes("PrometheusExporter"));
  const file = join(folder, "run-prometheus.ts");
  await writeFile(file, snippet.replace("9464", `${port}, host: "127.0.0.1"`));
  const child = spawn(process.execPath, [file], { stdio: "inherit" });
  try {
    const scrape = (): Promise<string> =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        (response) => response.text(),
        () => "",
      );
    await expect.poll(scrape, { timeout: 10_000 }).toContain("request_duration_bucket");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});
