import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "./public-packages.ts";
import { type ReleasedPackage, releasePackages } from "./released-packages.ts";
import { copyWorkspace, type WorkspaceCopy } from "./workspace-copy.ts";

const packages = await publicPackages();

let copy: WorkspaceCopy;
let released: readonly ReleasedPackage[];
beforeAll(async () => {
  copy = await copyWorkspace();
  await copy.tool("node", ["packages/release/src/name-repository.ts", "https://example.com/a/b"]);
  released = await releasePackages(copy);
}, 60_000);
afterAll(() => copy[Symbol.asyncDispose]());

test("what is not private is published, and nothing else", () => {
  expect(released.map(({ name }) => name)).toEqual(packages.map(({ name }) => name));
});

describe.each(packages)("$name as it is published", ({ name, directory, manifest, entries }) => {
  const published = (): ReleasedPackage => {
    const found = released.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${name} is not published`);
    return found;
  };

  test("says from where it is, and has a version", () => {
    expect(published().manifest).toMatchObject({
      version: expect.stringMatching(/^[1-9]\d*\.\d+\.\d+$/),
      repository: {
        type: "git",
        url: "git+https://example.com/a/b.git",
        directory: `packages/${directory}`,
      },
    });
  });

  test("keeps what its manifest says of formats and peers", () => {
    const { main, types, typesVersions, exports, peerDependencies } = published().manifest;
    expect({ main, types, typesVersions, exports, peerDependencies }).toEqual({
      main: manifest["main"],
      types: manifest["types"],
      typesVersions: manifest["typesVersions"],
      exports: manifest.exports,
      peerDependencies: manifest.peerDependencies,
    });
  });

  test("has its readme, licence, changes, sources and every entry, and no tests", () => {
    const files = published().files.map(({ path }) => path);
    const formats = ["js", "js.map", "d.ts", "d.ts.map", "cjs", "cjs.map", "d.cts", "d.cts.map"];
    const built = entries.flatMap(({ file }) =>
      formats.map((extension) => `dist/${file}.${extension}`),
    );
    const always = ["README.md", "LICENSE", "CHANGELOG.md", "package.json", "src/index.ts"];
    expect(files).toEqual(expect.arrayContaining([...always, ...built]));
    expect(
      files.filter((path) => /test|(^|\/)\.|tsconfig/.test(path.replace("testing.", ""))),
    ).toEqual([]);
  });
});
