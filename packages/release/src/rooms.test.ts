import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOMS, sourcesOf, wrongImports } from "./rooms.ts";
import { workspaceFolder } from "./public-packages.ts";

/** A package with more files than this at the root of its `src` needs rooms. */
const MOST_FLAT_FILES = 15;
/** In a package with rooms: the entries, what ties the rooms together, and no more. */
const MOST_FLAT_FILES_BESIDE_ROOMS = 10;

const packagesFolder = join(workspaceFolder, "packages");
const sourceFolderOf = (name: string): string => join(packagesFolder, name, "src");
const packages = readdirSync(packagesFolder).filter((name) => existsSync(sourceFolderOf(name)));
const published = packages.filter((name) => /^(metrics-core|sink-)/.test(name));

test.each(Object.entries(ROOMS))("in %s imports go down the rooms", (name, rooms) => {
  const sources = sourcesOf(sourceFolderOf(name));
  expect(sources.size).toBeGreaterThan(0);
  expect(wrongImports(sources, rooms)).toEqual([]);
});

test.each([
  ["up", "low/a.ts", "../high/b.ts"],
  ["to the root", "high/a.ts", "../index.ts"],
  ["to a room that is not listed", "high/a.ts", "../elsewhere/b.ts"],
])("an import that leads %s is found", (_, path, specifier) => {
  for (const statement of [
    `import { b } from "${specifier}";`,
    `export type {\n  B,\n} from "${specifier}";`,
    `const b = await import("${specifier}");`,
    `import "${specifier}";`,
  ])
    expect(wrongImports(new Map([[path, statement]]), ["high", "low"])).toHaveLength(1);
});

test("an import that leads down, or stays in its room, is fine", () => {
  const sources = new Map([
    ["index.ts", 'export { a } from "./high/a.ts";'],
    ["high/a.ts", 'import "../low/b.ts"; import "./c.ts"; import "node:fs";'],
  ]);
  expect(wrongImports(sources, ["high", "low"])).toEqual([]);
});

test.each(published)("%s has rooms where it needs some, and few files outside them", (name) => {
  const flat = [...sourcesOf(sourceFolderOf(name)).keys()].filter((path) => !path.includes("/"));
  expect(flat.length, flat.join(" ")).toBeLessThanOrEqual(
    name in ROOMS ? MOST_FLAT_FILES_BESIDE_ROOMS : MOST_FLAT_FILES,
  );
});

test("no source file is longer than 320 lines", () => {
  const long = packages
    .filter((name) => name !== "bench")
    .flatMap((name) =>
      [...sourcesOf(sourceFolderOf(name))].map(([path, text]) => ({
        path: `${name}/${path}`,
        lines: text.split("\n").length,
      })),
    )
    .filter(({ lines }) => lines > 321);
  expect(long).toEqual([]);
});
