import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startIntakeServer } from "@aiokpl/sink-testkit";
import { expect, test } from "vitest";
import { fakeDatadog, storedBy } from "./testing/fake-datadog.ts";

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test(
  "the README's snippets compile as pasted and deliver to the address in the environment",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "readme-"));
    try {
      for (const scope of ["@aiokpl", "@types"])
        await mkdir(join(folder, "node_modules", scope), { recursive: true });
      const link = (name: string, target: string) =>
        symlink(path(target), join(folder, "node_modules", name));
      await link("@aiokpl/metrics-core", "../../metrics-core");
      await link("@aiokpl/sink-datadog", "..");
      await link("@types/node", "../../../node_modules/@types/node");
      await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
      const text = await readFile(path("../README.md"), "utf8");
      const snippets = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
      expect(snippets.length).toBeGreaterThan(2);
      const files = snippets.map((_, i) => `snippet-${i}.ts`);
      for (const [i, file] of files.entries())
        await writeFile(join(folder, file), snippets[i] ?? "");
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
      // The snippets contain no TypeScript syntax, so they run as they are.
      await using intake = await startIntakeServer({ script: fakeDatadog });
      const env = {
        ...process.env,
        DD_API_KEY: "d".repeat(32),
        DD_URL: intake.url,
        DD_ENV: "test",
      };
      for (const [i, snippet] of snippets.entries()) {
        await writeFile(join(folder, `snippet-${i}.mjs`), snippet);
        const { stderr } = await run(process.execPath, [`snippet-${i}.mjs`], { cwd: folder, env });
        expect(stderr).toBe("");
      }
      const arrived = storedBy(intake.accepted).map(({ name, tags, values }) => [
        name,
        tags,
        values,
      ]);
      const tags = ["country:pt", "env:test"];
      expect(arrived).toEqual([
        ["shop.orders", tags, [1]],
        ["shop.order.value.count", tags, [1]],
        ["shop.order.value.sum", tags, [49.9]],
        ["shop.order.value.min", tags, [49.9]],
        ["shop.order.value.max", tags, [49.9]],
        ["shop.order.value.95percentile", tags, [49.9]],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
