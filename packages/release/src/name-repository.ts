import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publicPackages } from "./public-packages.ts";
import { repositoryFields } from "./repository-fields.ts";

/**
 * Writes into each published package's manifest which repository it is built in, and where its page and
 * its issues are. The argument is the repository's address, such as `https://github.com/owner/name`. The release workflow knows; a fork's knows its own.
 */
const [url = ""] = process.argv.slice(2);
for (const { folder, directory, manifest } of await publicPackages()) {
  const named = { ...manifest, ...repositoryFields(url, directory) };
  const text = JSON.stringify(named, undefined, 2);
  await writeFile(join(folder, "package.json"), `${text}\n`);
}
