import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { workspaceFolder } from "./public-packages.ts";

/** The files that a guide in `docs` shows, by the name that each says in its first line, such as `// express.ts`. */
export async function guideFiles(guide: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(workspaceFolder, "docs", guide), "utf8");
  const blocks = text.matchAll(/^```(?:ts|js)\n(\/\/ ([^\n]*)\n.*?)^```/gms);
  return new Map([...blocks].map(([, file = "", name = ""]) => [name, file]));
}
