import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const sinkFolder = fileURLToPath(new URL("../../sink", import.meta.url));
const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));
const nodeTypes = fileURLToPath(new URL("../../../node_modules/@types/node", import.meta.url));
let folder = "";

// A folder as a user has one, with the built package in it, and what the root README imports as the sink.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "readme-"));
  await mkdir(join(folder, "node_modules/@aiokpl"), { recursive: true });
  await symlink(packageFolder, join(folder, "node_modules/@aiokpl/metrics-core"));
  await symlink(sinkFolder, join(folder, "node_modules/@aiokpl/sink"));
  await mkdir(join(folder, "node_modules/@types"));
  await symlink(nodeTypes, join(folder, "node_modules/@types/node"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function snippetsOf(readme: string): Promise<readonly string[]> {
  const text = await readFile(new URL(readme, import.meta.url), "utf8");
  // A server on a port that is free, which lets the program end.
  return [...text.matchAll(/^```(?:ts|js)\n(.*?)^```/gms)].map((match) =>
    (match[1] ?? "").replace(".listen(8080)", ".listen(0).unref()"),
  );
}

const readmes = [
  { name: "the root README", path: "../../../README.md", atLeast: 4 },
  { name: "the README of core", path: "../README.md", atLeast: 5 },
];

describe.each(readmes)("$name", ({ name, path, atLeast }) => {
  test("has snippets that compile and run as pasted", { timeout: 60_000 }, async () => {
    const snippets = await snippetsOf(path);
    expect(snippets.length).toBeGreaterThanOrEqual(atLeast);
    const files = snippets.map((snippet, i) =>
      join(
        folder,
        `${name.replaceAll(" ", "-")}-${i}.${snippet.includes("require(") ? "cjs" : "ts"}`,
      ),
    );
    for (const [i, file] of files.entries()) await writeFile(file, snippets[i] ?? "");
    const options = [
      "--noEmit",
      "--types",
      "node",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--module",
      "nodenext",
      "--allowJs",
      "--checkJs",
      "--moduleDetection",
      "force",
      "--target",
      "es2023",
    ];
    await run(process.execPath, [tsc, ...options, ...files], { cwd: folder });
    for (const file of files) await run(process.execPath, [file], { cwd: folder });
  });
});

test("the first snippet prints its series and says that all was delivered", async () => {
  const [first = ""] = await snippetsOf("../../../README.md");
  await writeFile(join(folder, "first.mjs"), first);
  const { stdout, stderr } = await run(process.execPath, ["first.mjs"], { cwd: folder });
  for (const text of [
    "orders",
    "queue.depth",
    "order.value",
    "checkout [ms]",
    "country=PT",
    "all delivered",
  ])
    expect(stdout).toContain(text);
  expect(stderr).toBe("");
});

test("a mistake that the README calls a compile error is one", async () => {
  const snippets = await snippetsOf("../../../README.md");
  const snippet = snippets.find((each) => each.includes("defineMetrics(")) ?? "";
  const mistake = 'metrics.put("RequestTime", 12.5, { rout: "/orders" });';
  expect(await readFile(new URL("../../../README.md", import.meta.url), "utf8")).toContain(
    mistake.slice(0, -1),
  );
  const file = join(folder, "mistake.ts");
  await writeFile(file, `${snippet}\n${mistake}\n`);
  const compiled = run(
    process.execPath,
    [tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", file],
    { cwd: folder },
  );
  await expect(compiled).rejects.toMatchObject({
    stdout: expect.stringMatching(/'rout' does not exist.*Did you mean to write 'route'/),
  });
});

test("a mistake in a catalogue is a compile error that says what is wrong", async () => {
  const file = join(folder, "wrong-catalogue.ts");
  await writeFile(
    file,
    `import { defineMetrics } from "@aiokpl/metrics-core";
defineMetrics({ A: { kind: "counter", labels: ["x"] } });
defineMetrics({ B: { kind: "distribution", unit: "milliseconds" } });
`,
  );
  const compiled = run(
    process.execPath,
    [tsc, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", file],
    { cwd: folder },
  );
  await expect(compiled).rejects.toMatchObject({
    stdout: expect.stringMatching(
      /\(2,39\).*definition has no such property.*\(3,44\).*the code of this unit is .*ms/s,
    ),
  });
});
