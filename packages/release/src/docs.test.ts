import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workspaceFolder } from "./workspace-copy.ts";

const run = promisify(execFile);
const tsc = join(workspaceFolder, "node_modules/typescript/bin/tsc");
const docs = join(workspaceFolder, "docs");
const dependencies = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** Under these names the snippets know what is not a dependency of this package. */
const ALIASES = {
  "metrics-sink": join(workspaceFolder, "packages/metrics-core"),
  "@types/node": join(workspaceFolder, "node_modules/@types/node"),
};

let folder = "";
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
    if (entry.startsWith(".") || entry === "@types") continue;
    const names = isScope
      ? (await readdir(join(dependencies, entry))).map((name) => `${entry}/${name}`)
      : [entry];
    for (const name of names) await link(name, join(dependencies, name));
  }
  for (const [name, target] of Object.entries(ALIASES)) await link(name, target);
});
afterAll(() => rm(folder, { recursive: true }));

test("the guides' snippets compile", { timeout: 120_000 }, async () => {
  const files: string[] = [];
  for (const guide of await readdir(docs)) {
    const text = await readFile(join(docs, guide), "utf8");
    for (const [i, match] of [...text.matchAll(/^```ts\n(.*?)^```/gms)].entries()) {
      const file = `${guide.replace(".md", "")}-${i}.ts`;
      await writeFile(join(folder, file), match[1] ?? "");
      files.push(file);
    }
  }
  // The guide on sinks imports what it has just shown.
  const [sink = ""] = files.filter((file) => file.startsWith("writing-a-sink-"));
  await writeFile(join(folder, "http-sink.ts"), await readFile(join(folder, sink), "utf8"));
  expect(files.length).toBeGreaterThan(20);
  const options = [
    ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--esModuleInterop"],
    [
      "--allowImportingTsExtensions",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--lib",
      "es2023,esnext.disposable",
    ],
    ["--types", "node"],
  ].flat();
  const errors = await run(process.execPath, [tsc, ...options, ...files], { cwd: folder }).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(errors).toBe("");
});

test("links between the documents lead somewhere", async () => {
  const documents = [
    ...(await readdir(docs)).map((name) => join(docs, name)),
    ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map((name) =>
      join(workspaceFolder, name),
    ),
    ...(await readdir(join(workspaceFolder, "packages"))).map((name) =>
      join(workspaceFolder, "packages", name, "README.md"),
    ),
  ];
  const broken: string[] = [];
  for (const document of documents) {
    const text = await readFile(document, "utf8").catch(() => "");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const exists = await readdir(join(dirname(document), target)).catch(
        (error: NodeJS.ErrnoException) => (error.code === "ENOTDIR" ? [] : undefined),
      );
      if (exists === undefined) broken.push(`${document.slice(workspaceFolder.length)}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});
