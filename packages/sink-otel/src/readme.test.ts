import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test("the README's snippets compile as pasted", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "readme-"));
  try {
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
    const snippets = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
    expect(snippets.length).toBeGreaterThan(4);
    const files = snippets.map((_, i) => `snippet-${i}.ts`);
    for (const [i, file] of files.entries()) await writeFile(join(folder, file), snippets[i] ?? "");
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--types",
      "node",
    ];
    await run(
      process.execPath,
      [path("../../../node_modules/typescript/bin/tsc"), ...options, ...files],
      { cwd: folder },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
