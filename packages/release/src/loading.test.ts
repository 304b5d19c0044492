import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { publicPackages } from "./public-packages.ts";

const packages = await publicPackages();
const inPrograms = packages.filter(({ name }) => !name.endsWith("-testkit"));

test.each(inPrograms)("importing $name does not make Node load undici", ({ folder }) => {
  const entry = pathToFileURL(`${folder}/dist/index.js`).href;
  const program = `await import(${JSON.stringify(entry)}); console.log(process.moduleLoadList.join("\\n"));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(stdout).toContain("NativeModule");
  expect(stdout.split("\n").filter((module) => module.includes("undici"))).toEqual([]);
});
