import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { publicPackages, workspaceFolder } from "./public-packages.ts";

const run = promisify(execFile);
const pnpm = join(workspaceFolder, "node_modules/.bin/pnpm");

/**
 * Packs what a release publishes into a folder: a tarball and a bill of materials (CycloneDX) for each
 * public package, and `SHA256SUMS` over all of them. The job that may publish gets this folder and
 * runs nothing of the workspace.
 */
async function packRelease(destination: string): Promise<void> {
  await mkdir(destination, { recursive: true });
  for (const { name, folder } of await publicPackages()) {
    await run(pnpm, ["pack", "--pack-destination", destination], { cwd: folder });
    const sbom = ["sbom", "--sbom-format", "cyclonedx", "--prod", "--lockfile-only"];
    const { stdout } = await run(pnpm, ["--filter", name, ...sbom], {
      cwd: workspaceFolder,
      maxBuffer: 64 * 1024 * 1024,
    });
    await writeFile(join(destination, `${name.replace(/^@aiokpl\//, "")}.cdx.json`), stdout);
  }
  const lines: string[] = [];
  for (const file of (await readdir(destination)).filter((each) => each !== "SHA256SUMS").sort()) {
    const content = await readFile(join(destination, file));
    lines.push(`${createHash("sha256").update(content).digest("hex")}  ${file}\n`);
  }
  await writeFile(join(destination, "SHA256SUMS"), lines.join(""));
}

const [destination] = process.argv.slice(2);
if (destination === undefined) throw new Error("usage: pack-release.ts FOLDER");
await packRelease(resolve(destination));
