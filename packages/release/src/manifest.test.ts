import { access } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VENDORS } from "./consumers/vendors.ts";
import { manifestProblems } from "./manifest-problems.ts";
import { publicPackages } from "./public-packages.ts";

const packages = await publicPackages();

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe.each(packages)("$name", ({ name, folder, directory, manifest, entries }) => {
  test("has a manifest with which it loads in both formats", () => {
    expect(manifestProblems(directory, manifest)).toEqual([]);
  });

  test("has the files that every package has", async () => {
    const files = [
      "README.md",
      "LICENSE",
      "tsconfig.json",
      "tsconfig.build.json",
      ...entries.flatMap(({ file }) => [`src/${file}.ts`, `api/${file}.api.md`]),
    ];
    const missing: string[] = [];
    for (const file of files) if (!(await exists(join(folder, file)))) missing.push(file);
    expect(missing).toEqual([]);
  });

  test("is tried with its vendor by the consumer tests, where it has a createSink", async () => {
    if (!(await exists(join(folder, "src/create-sink.ts")))) return;
    expect(VENDORS.map(({ sink }) => sink)).toContain(name);
  });
});

test("what a manifest lacks is named, with what it must say", () => {
  const sound = packages.find(({ directory }) => directory === "sink-otel")?.manifest;
  if (sound === undefined) throw new Error("sink-otel is not there");
  const { main: _, ...rest } = sound;
  const problems = manifestProblems("sink-otel", {
    ...rest,
    exports: { ".": "./dist/index.js", "./more": "./dist/more.js" },
    files: ["dist"],
    description: "A sink",
    peerDependencies: {},
  });
  expect(problems).toEqual([
    'main is undefined, must be "./dist/index.cjs"',
    'typesVersions is undefined, must be {"*":{"more":["./dist/more.d.cts"]}}',
    expect.stringContaining('"require":{"types":"./dist/more.d.cts","default":"./dist/more.cjs"}'),
    'files is ["dist"], must be a list with ["CHANGELOG.md","src","!src/**/*.test.ts"]',
    "description must say in 30 characters or more what the package is",
    expect.stringContaining("@aiokpl/metrics-core with a range such as ^1.0.0"),
  ]);
});
