import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { publicPackages, workspaceFolder } from "./public-packages.ts";

const run = promisify(execFile);
const folder = join(workspaceFolder, ".github/workflows");
const workflows = await Promise.all(
  (await readdir(folder)).map(async (name) => ({
    name,
    text: await readFile(join(folder, name), "utf8"),
  })),
);

/** The jobs of a workflow, each with the text of its block. */
function jobsOf(text: string): readonly (readonly [name: string, block: string])[] {
  const [, jobs = ""] = text.split(/^jobs:\n/m);
  return jobs
    .split(/^(?= {2}[\w-]+:$)/m)
    .map((block) => [/^ {2}([\w-]+):/.exec(block)?.[1] ?? "", block] as const);
}

test.each(workflows)(
  "$name pins every action to a commit, and says which version that is",
  ({ text }) => {
    const actions = [...text.matchAll(/uses: *(.*)$/gm)].map(([, action]) => action);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  },
);

test("only the job that publishes can ask for an identity", () => {
  const jobs = workflows.flatMap(({ name, text }) => {
    const [head = ""] = text.split(/^jobs:\n/m);
    return [[`${name}, all jobs`, head] as const, ...jobsOf(text)];
  });
  expect(jobs.filter(([, block]) => block.includes("id-token")).map(([name]) => name)).toEqual([
    "publish",
  ]);
});

test("the job that publishes runs nothing of this repository, and checks the hashes first", () => {
  const jobs = new Map(workflows.flatMap(({ text }) => jobsOf(text)));
  const publish = jobs.get("publish") ?? "";
  expect(publish).not.toMatch(/actions\/checkout|npm (run|install|ci)|pnpm|npx/);
  expect(publish).toContain("npm publish");
  expect(publish).toContain("--provenance");
  expect(publish.indexOf("sha256sum --check --strict SHA256SUMS")).toBeGreaterThan(0);
  expect(publish.indexOf("sha256sum")).toBeLessThan(publish.indexOf("npm publish"));
  expect(jobs.get("pack")).toContain("npm run release:pack");
});

test("only jobs that push keep the credentials of a checkout", () => {
  const jobs = workflows.flatMap(({ text }) => jobsOf(text));
  const keeps = jobs.filter(
    ([, block]) =>
      block.includes("actions/checkout") && !block.includes("persist-credentials: false"),
  );
  for (const [, block] of keeps) expect(block).toContain("contents: write");
});

test("a release has a tarball and a bill of materials for each package, and their hashes", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "pack-"));
  try {
    const script = join(workspaceFolder, "packages/release/src/pack-release.ts");
    await run(process.execPath, [script, scratch]);
    await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: scratch });
    const files = await readdir(scratch);
    for (const { name } of await publicPackages()) {
      const short = name.replace("@aiokpl/", "");
      expect(files.filter((file) => file.startsWith(`aiokpl-${short}-`))).not.toEqual([]);
      const sbom = JSON.parse(await readFile(join(scratch, `${short}.cdx.json`), "utf8"));
      expect(sbom).toMatchObject({ bomFormat: "CycloneDX" });
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}, 120_000);
