import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "./public-packages.ts";
import { type ReleasedPackage, releasePackages } from "./released-packages.ts";
import { repositoryFields } from "./repository-fields.ts";
import { copyWorkspace, type WorkspaceCopy } from "./workspace-copy.ts";

const packages = await publicPackages();

/** What a file of a source map says. */
interface SourceMap {
  readonly file: string;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

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
      ...repositoryFields("https://example.com/a/b", directory),
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

  test("maps each built file, in both formats, to sources that are in the tarball once", async () => {
    const { files, unpacked } = published();
    const paths = new Set(files.map(({ path }) => path));
    const wrong: string[] = [];
    for (const path of paths) {
      if (!/^dist\/.*\.c?[jt]s$/.test(path)) continue;
      const text = await readFile(join(unpacked, path), "utf8");
      if (!text.trimEnd().endsWith(`//# sourceMappingURL=${basename(path)}.map`)) wrong.push(path);
      const map: SourceMap = JSON.parse(await readFile(join(unpacked, `${path}.map`), "utf8"));
      if (map.sourcesContent?.some((each) => each !== null)) wrong.push(`${path}.map: has sources`);
      if (map.file !== basename(path)) wrong.push(`${path}.map: ${map.file}`);
      for (const source of map.sources.map((each) => join(dirname(path), each)))
        if (!paths.has(source)) wrong.push(`${path}: ${source}`);
    }
    expect(wrong).toEqual([]);
  });
});
