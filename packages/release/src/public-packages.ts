import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this workspace. */
export const workspaceFolder: string = fileURLToPath(new URL("../../../", import.meta.url));

/** A package's manifest, as far as a release looks at it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What a user imports from a package. */
export interface Entry {
  /** As users write it, such as `@aiokpl/metrics-core/node`. */
  readonly specifier: string;
  /** Its key in the manifest's `exports`, such as `./node`. */
  readonly subpath: string;
  /** Its file in `src` and `dist`, without extension, such as `node`. */
  readonly file: string;
}

/** A package of the workspace that is published: one whose manifest does not say `private`. */
export interface PublicPackage {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** The folder's name below `packages`. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly entries: readonly Entry[];
}

/** Finds the published packages of a workspace, in the order of their folders' names. */
export async function publicPackages(
  workspace: string = workspaceFolder,
): Promise<readonly PublicPackage[]> {
  const found: PublicPackage[] = [];
  for (const directory of (await readdir(join(workspace, "packages"))).sort()) {
    const folder = join(workspace, "packages", directory);
    const manifest: Manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { name } = manifest;
    if (manifest.private === true) continue;
    found.push({ name, folder, directory, manifest, entries: entriesOf(manifest) });
  }
  return found;
}

/** The entries that a manifest exports, whatever it says of each. */
export function entriesOf({ name, exports = {} }: Manifest): readonly Entry[] {
  return Object.keys(exports)
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => ({
      specifier: name + subpath.slice(1),
      subpath,
      file: subpath === "." ? "index" : subpath.slice(2),
    }));
}
