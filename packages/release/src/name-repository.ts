import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publicPackages } from "./public-packages.ts";

/**
 * Writes into each published package's manifest which repository it is built in: the argument, such as
 * `https://github.com/owner/name`. The release workflow knows; a fork's knows its own.
 */
const [url = ""] = process.argv.slice(2);
if (!URL.canParse(url)) throw new Error(`Not the address of a repository: "${url}"`);
for (const { folder, directory, manifest } of await publicPackages()) {
  const repository = { type: "git", url: `git+${url}.git`, directory: `packages/${directory}` };
  const text = JSON.stringify({ ...manifest, repository }, undefined, 2);
  await writeFile(join(folder, "package.json"), `${text}\n`);
}
