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

/** What a release would be: the packages whose version is another than before, and what is wrong with it. */
async function release(): Promise<{
  readonly versions: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}> {
  const before = await copy.manifests();
  await copy.tool("changeset", ["version"]);
  const after = await copy.manifests();
  const versions = [...after.values()].map(({ name, version }) => [name, version]);
  return {
    versions: Object.fromEntries(
      versions.filter(([name = "", version]) => version !== before.get(name)?.version),
    ),
    problems: peerProblems(before, after),
  };
}

/** A change that asks for these releases. */
async function change(releases: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(releases).map(([name, type]) => `"${name}": ${type}`);
  const changeset = `---\n${lines.join("\n")}\n---\n\nA change.\n`;
  await writeFile(join(copy.folder, ".changeset/a-change.md"), changeset);
}

/** Has every sink and the testkit take this range of core. */
async function takeCore(range: string): Promise<void> {
  for (const { folder } of (await copy.manifests()).values()) {
    const path = join(folder, "package.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/("@aiokpl\/metrics-core": )"\^.*"/, `$1"${range}"`));
  }
}

describe("after the first release", { timeout: 60_000 }, () => {
  beforeEach(pretendReleased);

  test("a change in one sink bumps that sink alone", async () => {
    await change({ [SINK]: "patch" });
    expect(await release()).toEqual({ versions: { [SINK]: "1.0.1" }, problems: [] });
  });

  test("a minor of core leaves the sinks alone", async () => {
    await change({ [CORE]: "minor" });
    expect(await release()).toEqual({ versions: { [CORE]: "1.1.0" }, problems: [] });
  });

  test("a major of core can't slip out with the sinks as they are", async () => {
    await change({ [CORE]: "major", [SINK]: "patch" });
    const { versions, problems } = await release();
    // Changesets lets it: the peer ranges are literal.
    expect(versions).toEqual({ [CORE]: "2.0.0", [SINK]: "1.0.1" });
    expect(problems).toContain(`${SINK} 1.0.1 wants ${CORE} ^1.0.0, which would be 2.0.0`);
    const others = (await copy.manifests()).size - 1;
    expect(problems).toHaveLength(others);
  });

  test("a major of core can't slip out with sinks that leave the old one as a patch", async () => {
    await takeCore("^2.0.0");
    await change({ [CORE]: "major", [SINK]: "patch" });
    const { problems } = await release();
    expect(problems).toContain(
      `${SINK} 1.0.1 no longer takes ${CORE} 1.0.0, and so must be a major`,
    );
  });

  test("a major of core goes out with majors of all, or with sinks that take both", async () => {
    const all = [...(await copy.manifests()).keys()];
    await change(Object.fromEntries(all.map((name) => [name, "major"])));
    await takeCore("^2.0.0");
    expect((await release()).problems).toEqual([]);
    await takeCore("^2.0.0 || ^3.0.0");
    await change({ [CORE]: "major" });
    expect(await release()).toEqual({ versions: { [CORE]: "3.0.0" }, problems: [] });
  });
});

test("what is due for release fits together", { timeout: 60_000 }, async () => {
  expect((await release()).problems).toEqual([]);
});
