import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SINK_VENDORS } from "./consumers/vendors.ts";
import { publicPackages, workspaceFolder } from "./public-packages.ts";

const run = promisify(execFile);
const tsc = join(workspaceFolder, "node_modules/typescript/bin/tsc");
const docs = join(workspaceFolder, "docs");
const dependencies = fileURLToPath(new URL("../node_modules/", import.meta.url));
const published = await publicPackages();
const readme = (name: string): string => join(workspaceFolder, "packages", name, "README.md");

/** Under these names the snippets know what is not a dependency of this package. */
const ALIASES = {
  "@types/node": join(workspaceFolder, "node_modules/@types/node"),
};

/** Their files need frameworks and test runners: the consumer tests run them. */
const RUN_BY_CONSUMERS: readonly string[] = ["in-your-framework.md", "testing-your-metrics.md"];

let folder = "";
/** The other guides' snippets, by the names of their files in that folder. */
const snippets = new Map<string, string>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const link = async (name: string, target: string): Promise<void> => {
    const path = join(folder, "node_modules", name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
  };
  for (const entry of await readdir(dependencies)) {
    const isScope = entry.startsWith("@");
    if (entry.startsWith(".") || ["@types", "@aiokpl"].includes(entry)) continue;
    const names = isScope
      ? (await readdir(join(dependencies, entry))).map((name) => `${entry}/${name}`)
      : [entry];
    for (const name of names) await link(name, join(dependencies, name));
  }
  for (const each of published) await link(each.name, each.folder);
  for (const [name, target] of Object.entries(ALIASES)) await link(name, target);
  for (const guide of (await readdir(docs)).filter((each) => !RUN_BY_CONSUMERS.includes(each)))
    for (const [i, snippet] of (await snippetsOf(join(docs, guide))).entries())
      snippets.set(`${guide.replace(".md", "")}-${i}.ts`, snippet);
  for (const [file, snippet] of snippets) await writeFile(join(folder, file), snippet);
  // The guide on sinks names its files, and imports what it has just shown.
  await writeFile(join(folder, "http-sink.ts"), snippets.get("writing-a-sink-0.ts") ?? "");
});
afterAll(() => rm(folder, { recursive: true }));

async function snippetsOf(document: string): Promise<readonly string[]> {
  const text = await readFile(document, "utf8");
  // A server on a port that is free, which lets the program end.
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, snippet = ""]) =>
    snippet.replace(/\.listen\(8080(, "127\.0\.0\.1")?\)/, ".listen(0).unref()"),
  );
}

describe("the guides' snippets", { timeout: 120_000 }, () => {
  test("compile", async () => {
    const files = [...snippets.keys()];
    expect(files.length).toBeGreaterThan(20);
    const options = [
      ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"],
      ["--allowImportingTsExtensions", "--module", "nodenext", "--target", "es2023"],
      ["--lib", "es2023,esnext.disposable", "--types", "node"],
    ].flat();
    const errors = await run(process.execPath, [tsc, ...options, ...files], { cwd: folder }).then(
      () => "",
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(errors).toBe("");
  });

  test("run, where they need no vendor", async () => {
    const modules = /^(@aiokpl\/metrics-core(\/\w+)?|@aiokpl\/sink|node:(?!test).*)$/;
    const files = [...snippets].flatMap(([file, snippet]) =>
      [...snippet.matchAll(/ from "(.*)";$/gm)].every(([, name = ""]) => modules.test(name))
        ? [file]
        : [],
    );
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) await run(process.execPath, [file], { cwd: folder });
  });

  test("prove the sink that they show", async () => {
    await run(process.execPath, ["--test", "writing-a-sink-1.ts"], { cwd: folder });
  });
});

test("the level follows the signal and the route", async () => {
  const [, snippet = ""] = [...snippets].find(([, each]) => each.includes("SIGUSR2")) ?? [];
  const check = `
import assert from "node:assert";
import { once } from "node:events";
const handle = metrics.bind("a.handle");
process.kill(process.pid, "SIGUSR2");
while (metrics.level === "summary") await new Promise((resolve) => setTimeout(resolve, 1));
process.kill(process.pid, "SIGUSR2");
while (metrics.level === "detailed") await new Promise((resolve) => setTimeout(resolve, 1));
if (!admin.listening) await once(admin, "listening");
const { port } = admin.address() as { port: number };
const statuses: number[] = [];
for (const path of ["levels?pattern=a.*&level=none", "levels?level=loud", "other"])
  statuses.push((await fetch(\`http://127.0.0.1:\${port}/\${path}\`, { method: "PUT" })).status);
handle.put(1);
metrics.count("b", 1);
assert.deepEqual([statuses, metrics.stats().accepted], [[204, 400, 404], 1]);
`;
  await writeFile(join(folder, "levels.ts"), snippet + check);
  await run(process.execPath, ["levels.ts"], { cwd: folder });
});

test("who leaves the KPL keeps its series", async () => {
  await using intake = await startIntakeServer({ script: { status: 200, body: "{}" } });
  const [file] = [...snippets].find(([, snippet]) => snippet.includes("kplDimensionSets(")) ?? [""];
  const env = {
    PATH: process.env["PATH"],
    AWS_ENDPOINT_URL_CLOUDWATCH: intake.url,
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  await run(process.execPath, [file], { cwd: folder, env });
  const series = intake.requests.flatMap(({ text }): readonly string[] =>
    JSON.parse(text).MetricData.map(({ Dimensions = [] }: { Dimensions?: { Name: string }[] }) =>
      Dimensions.map(({ Name }) => Name).join(),
    ),
  );
  expect(series.sort()).toEqual([
    "",
    "ShardId,StreamName,service",
    "StreamName,service",
    "service",
  ]);
});

test.each(SINK_VENDORS)("the quick start of $sink delivers as pasted", async (vendor) => {
  const name = vendor.sink.replace("@aiokpl/", "");
  const [quickStart = ""] = await snippetsOf(readme(name));
  await writeFile(join(folder, `${name}.ts`), quickStart);
  await using end = await vendor.listen();
  const env = { PATH: process.env["PATH"], ...end.env };
  const { stdout } = await run(process.execPath, [`${name}.ts`], { cwd: folder, env });
  expect((await end.totals(stdout)).orders).toBe(1);
});

test.each(published)("the README of $name has its sections in the house order", async (each) => {
  const headings = [...(await readFile(readme(each.directory), "utf8")).matchAll(/^##? (.*)$/gm)];
  expect(headings.map(([, heading]) => heading)).toEqual([
    each.name,
    "Install",
    "Quick start",
    "Options",
    "What is delivered and what can be lost",
    "Permissions",
    "Mapping to the vendor",
    "Missing",
  ]);
});

test("a guide that imports the alias explains it", async () => {
  for (const guide of await readdir(docs)) {
    const text = await readFile(join(docs, guide), "utf8");
    if (!text.includes('from "@aiokpl/sink"')) continue;
    expect(text, guide).toContain("npm install @aiokpl/sink@npm:@aiokpl/sink-");
    expect(text, guide).toContain("](../README.md#changing-the-vendor)");
  }
});

test("links between the documents lead somewhere", async () => {
  const documents = [
    ...(await readdir(docs)).map((name) => join(docs, name)),
    ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"].map((name) =>
      join(workspaceFolder, name),
    ),
    ...(await readdir(join(workspaceFolder, "packages"))).map(readme),
  ];
  const broken: string[] = [];
  for (const document of documents) {
    const text = await readFile(document, "utf8").catch(() => "");
    for (const [, target = "", anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([^)]*))?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const path = target === "" ? document : join(dirname(document), target);
      const found = await stat(path).catch(() => undefined);
      if (
        found === undefined ||
        !(anchor === undefined || (await anchorsOf(path)).includes(anchor))
      )
        broken.push(`${document.slice(workspaceFolder.length)}: ${target}#${anchor ?? ""}`);
    }
  }
  expect(broken).toEqual([]);
});

/** What the headings of a document can be linked by. */
async function anchorsOf(document: string): Promise<readonly string[]> {
  const headings = (await readFile(document, "utf8")).matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}
