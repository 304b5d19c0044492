import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReleasedPackage, releasePackages } from "./released-packages.ts";
import { repositoryFields } from "./repository-fields.ts";
import { copyWorkspace, type WorkspaceCopy } from "./workspace-copy.ts";

const CORE = "@aiokpl/metrics-core";
const NAMES = [
  CORE,
  "@aiokpl/sink",
  ...["cloudwatch", "datadog", "otel", "testkit"].map((name) => `@aiokpl/sink-${name}`),
];

let copy: WorkspaceCopy;
let released: readonly ReleasedPackage[];
beforeAll(async () => {
  copy = await copyWorkspace();
  await copy.tool("node", ["packages/release/src/name-repository.ts", "https://example.com/a/b"]);
  released = await releasePackages(copy);
}, 60_000);
afterAll(() => copy[Symbol.asyncDispose]());

test("these packages are published, and no other", () => {
  expect(released.map(({ name }) => name)).toEqual(NAMES);
});

describe.each(NAMES)("%s as it is published", (name) => {
  const published = (): ReleasedPackage => {
    const found = released.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${name} is not published`);
    return found;
  };

  test("says what, whose and from where it is, and what it needs", () => {
    expect(published().manifest).toMatchObject({
      description: expect.stringMatching(/.{30}/),
      keywords: expect.arrayContaining(["metrics", "observability"]),
      license: "Apache-2.0",
      author: expect.any(String),
      ...repositoryFields("https://example.com/a/b", name.replace("@aiokpl/", "")),
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19" },
      publishConfig: { access: "public" },
    });
  });

  test("takes core as a peer, by a range that no minor of core moves", () => {
    const { dependencies, peerDependencies } = published().manifest;
    if (name === CORE) expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
    else {
      expect(peerDependencies).toMatchObject({ [CORE]: expect.stringMatching(/^\^\d+\.0\.0$/) });
      expect(dependencies ?? {}).not.toHaveProperty([CORE]);
    }
  });

  test("has its readme, licence, changes, sources and every entry, and no tests", () => {
    const { manifest } = published();
    const files = published().files.map(({ path }) => path);
    const entries = Object.values(Object(manifest["exports"])).map((path) => String(path).slice(2));
    const types = entries.map((path) => path.replace(/\.js$/, ".d.ts"));
    const always = ["README.md", "LICENSE", "CHANGELOG.md", "package.json", "src/index.ts"];
    expect(files).toEqual(expect.arrayContaining([...always, ...entries, ...types]));
    expect(
      files.filter((path) => /test|(^|\/)\.|tsconfig/.test(path.replace("testing.", ""))),
    ).toEqual([]);
  });
});
