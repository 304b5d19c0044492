import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryFields } from "./repository-fields.ts";
import { workspaceFolder } from "./workspace-copy.ts";

/**
 * Writes into each published package's manifest which repository it is built in, and where its page and
 * its issues are. The argument is the repository's address, such as `https://github.com/owner/name`. The release workflow knows; a fork's knows its own.
 */
const [url = ""] = process.argv.slice(2);
const packages = join(workspaceFolder, "packages");
for (const folder of await readdir(packages)) {
  const path = join(packages, folder, "package.json");
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
  if (manifest["private"] === true) continue;
  const named = { ...manifest, ...repositoryFields(url, folder) };
  await writeFile(path, `${JSON.stringify(named, undefined, 2)}\n`);
}
