import { execFile } from "node:child_process";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Manifest } from "./public-packages.ts";
import type { WorkspaceCopy } from "./workspace-copy.ts";

const run = promisify(execFile);

/** A package as it would be published. */
export interface ReleasedPackage {
  readonly name: string;
  readonly version: string;
  /** Path of the tarball. */
  readonly tarball: string;
  readonly tarballBytes: number;
  /** Where it is unpacked. */
  readonly unpacked: string;
  /** The manifest in it. */
  readonly manifest: Manifest;
  /** What is in it. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** Gives each package the version that its changesets ask for, and packs it. */
export async function releasePackages(copy: WorkspaceCopy): Promise<readonly ReleasedPackage[]> {
  await copy.tool("changeset", ["version"]);
  const destination = join(copy.folder, "tarballs");
  await mkdir(destination);
  const released: ReleasedPackage[] = [];
  for (const { name, version, folder } of (await copy.manifests()).values()) {
    const args = ["pack", "--json", "--pack-destination", destination];
    const packed: PackResult = JSON.parse(await copy.tool("pnpm", args, folder));
    const tarball = join(destination, basename(packed.filename));
    const unpacked = join(destination, basename(tarball, ".tgz"));
    await mkdir(unpacked);
    await run("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
    const files = await Promise.all(
      packed.files.map(async ({ path }) => ({
        path,
        bytes: (await stat(join(unpacked, path))).size,
      })),
    );
    const manifest: Manifest = JSON.parse(await readFile(join(unpacked, "package.json"), "utf8"));
    const tarballBytes = (await stat(tarball)).size;
    released.push({ name, version, tarball, tarballBytes, unpacked, manifest, files });
  }
  return released.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What `pnpm pack --json` prints. */
interface PackResult {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
