import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { TYPESCRIPTS } from "./shared-dependencies.ts";
import { coreTypeTests } from "./types/core-type-tests.ts";
import { largeCatalogue } from "./types/large-catalogue.ts";
import { MISTAKES_MODULE, saidOf } from "./types/mistakes.ts";
import { TYPE_PROJECTS } from "./types/type-projects.ts";

const SETTINGS =
  "--noEmit --module nodenext --target es2022 --lib es2023,esnext.disposable,dom --typeRoots none --skipLibCheck false".split(
    " ",
  );
const STRICT = ["--strict", "--exactOptionalPropertyTypes"];

/** A fifth more than it took before the verbs and dimensions of each call were checked. */
const MOST_INSTANTIATIONS = 206_000;

const tests = await coreTypeTests();

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  const projects = Object.values(TYPE_PROJECTS).map(({ files }) => files);
  for (const files of [tests, { "mistakes.mts": MISTAKES_MODULE }, ...projects])
    for (const [path, text] of Object.entries(files)) await consumer.write(path, text);
});
afterAll(() => consumer[Symbol.asyncDispose]());

describe.each(TYPESCRIPTS)("TypeScript %s", (version) => {
  const compile = (files: readonly string[], options: readonly string[]) =>
    consumer
      .run(process.execPath, [
        join(consumer.modules, `typescript-${version}/bin/tsc`),
        ...SETTINGS,
        ...options,
        ...files,
      ])
      .then(
        () => "",
        (error: { stdout: string }) => error.stdout,
      );

  test("finds what core's type tests expect, in the packed declarations", async () => {
    expect(await compile(Object.keys(tests), STRICT)).toBe("");
  });

  test.each(
    Object.entries(TYPE_PROJECTS).filter(([, { notWith = [] }]) => !notWith.includes(version)),
  )("compiles a project, and finds its mistakes: %s", async (_, { options, files }) => {
    expect(await compile(Object.keys(files), options)).toBe("");
  });

  test("says what is wrong", async () => {
    const said = saidOf(await compile(["mistakes.mts"], STRICT));
    await expect(said).toMatchFileSnapshot(`types/messages-${version}.txt`);
  });
});

test("takes a compiler little work for each call in a catalogue of 1,000 metrics", async () => {
  await consumer.write("large.mts", largeCatalogue(1_000));
  const compiler = join(consumer.modules, "typescript-5.4/bin/tsc");
  const options = [...SETTINGS, ...STRICT, "--extendedDiagnostics", "large.mts"];
  const { stdout } = await consumer.run(process.execPath, [compiler, ...options]);
  const [, instantiations] = /Instantiations: +(\d+)/.exec(stdout) ?? [];
  expect(Number(instantiations)).toBeLessThan(MOST_INSTANTIATIONS);
});
