import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { peerProblems } from "./peer-problems.ts";
import { copyWorkspace, type WorkspaceCopy } from "./workspace-copy.ts";

const CORE = "@aiokpl/metrics-core";
const SINK = "@aiokpl/sink-datadog";

let copy: WorkspaceCopy;
beforeEach(async () => {
  copy = await copyWorkspace();
});
afterEach(() => copy[Symbol.asyncDispose]());

/** As if the first release had been made. */
async function pretendReleased(): Promise<void> {
  const folder = join(copy.folder, ".changeset");
  for (const file of await readdir(folder)) if (file.endsWith(".md")) await rm(join(folder, file));
  for (const manifest of (await copy.manifests()).values()) {
    const path = join(manifest.folder, "package.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"version": ".*"/, '"version": "1.0.0"'));
  }
}

/** Versions the packages after changes; returns those whose version is another than before. */
async function bump(changes: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const lines = Object.entries(changes).map(([name, type]) => `"${name}": ${type}`);
  const changeset = `---\n${lines.join("\n")}\n---\n\nA change.\n`;
  await writeFile(join(copy.folder, ".changeset/a-change.md"), changeset);
  await copy.tool("changeset", ["version"]);
  const versions = [...(await copy.manifests()).values()].map(({ name, version }) => [
    name,
    version,
  ]);
  return Object.fromEntries(versions.filter(([, version]) => version !== "1.0.0"));
}

describe("after the first release", { timeout: 60_000 }, () => {
  beforeEach(pretendReleased);

  test("a change in one sink bumps that sink alone", async () => {
    expect(await bump({ [SINK]: "patch" })).toEqual({ [SINK]: "1.0.1" });
  });

  test("a minor of core leaves the sinks alone", async () => {
    expect(await bump({ [CORE]: "minor" })).toEqual({ [CORE]: "1.1.0" });
    expect(peerProblems(await copy.manifests())).toEqual([]);
  });

  test("a major of core can't slip out with the sinks as they are, or as a patch", async () => {
    // Changesets lets it: the peer ranges are literal. The check before publishing doesn't.
    expect(await bump({ [CORE]: "major", [SINK]: "patch" })).toEqual({
      [CORE]: "2.0.0",
      [SINK]: "1.0.1",
    });
    expect(peerProblems(await copy.manifests())).toContain(
      `${SINK} 1.0.1 wants ${CORE} ^1.0.0, which would be 2.0.0`,
    );
  });
});

test(
  "the release that is due is the first, and its packages fit together",
  { timeout: 60_000 },
  async () => {
    await copy.tool("changeset", ["version"]);
    const manifests = await copy.manifests();
    expect(peerProblems(manifests)).toEqual([]);
    for (const { version } of manifests.values()) expect(version).toMatch(/^1\./);
  },
);
