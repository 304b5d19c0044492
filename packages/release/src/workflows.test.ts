import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { workspaceFolder } from "./public-packages.ts";

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

test("the publish step has our pnpm attach provenance", async () => {
  const [, publish = ""] =
    workflows.flatMap(({ text }) => jobsOf(text)).find(([name]) => name === "publish") ?? [];
  const [, name = "", value = ""] =
    /run: npm run release:publish\n +env:\n +(\w+): "(.*)"/.exec(publish) ?? [];
  const scratch = await mkdtemp(join(tmpdir(), "publish-"));
  try {
    // Outside of a CI that vouches for it nothing can be attested, and pnpm says so before it asks any registry.
    const registry = "http://127.0.0.1:9/";
    const manifest = { name: "@aiokpl/none", version: "1.0.0", publishConfig: { registry } };
    await writeFile(join(scratch, "package.json"), JSON.stringify(manifest));
    const env = { PATH: process.env["PATH"], HOME: scratch, [name]: value };
    const pnpm = join(workspaceFolder, "node_modules/.bin/pnpm");
    await expect(
      run(pnpm, ["publish", "--no-git-checks"], { cwd: scratch, env }),
    ).rejects.toMatchObject({ stderr: expect.stringMatching(/provenance/i) });
  } finally {
    await rm(scratch, { recursive: true });
  }
});
