import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { workspaceFolder } from "./workspace-copy.ts";

/**
 * Writes into each published package's manifest which repository it is built in: the argument, such as
 * `https://github.com/owner/name`. The release workflow knows; a fork's knows its own.
 */
const [url = ""] = process.argv.slice(2);
if (!URL.canParse(url)) throw new Error(`Not the address of a repository: "${url}"`);
const packages = join(workspaceFolder, "packages");
for (const folder of await readdir(packages)) {
  const path = join(packages, folder, "package.json");
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
  if (manifest["private"] === true) continue;
  const repository = { type: "git", url: `git+${url}.git`, directory: `packages/${folder}` };
  await writeFile(path, `${JSON.stringify({ ...manifest, repository }, undefined, 2)}\n`);
}
