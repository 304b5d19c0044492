import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder of this workspace. */
export const workspaceFolder: string = fileURLToPath(new URL("../../../", import.meta.url));

/** A package's manifest, as far as a release looks at it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A copy of the workspace, in which a release can be tried without touching this one. */
export interface WorkspaceCopy extends AsyncDisposable {
  readonly folder: string;
  /** Runs one of the workspace's own tools in it; resolves with what that printed. */
  tool(name: string, args: readonly string[], folder?: string): Promise<string>;
  /** The packages that are published, by name. */
  manifests(): Promise<ReadonlyMap<string, Manifest & { readonly folder: string }>>;
}

/** Copies what is built and what is installed; the sources are a repository of their own there, as changesets needs. */
export async function copyWorkspace(): Promise<WorkspaceCopy> {
  const folder = await mkdtemp(join(tmpdir(), "release-"));
  const skipped = /(^|\/)(node_modules\/\.cache|\.git|\.turbo)(\/|$)/;
  for (const entry of await readdir(workspaceFolder)) {
    if (entry === ".git" || entry === "node_modules" || entry === ".turbo") continue;
    await cp(join(workspaceFolder, entry), join(folder, entry), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !skipped.test(path.slice(workspaceFolder.length)),
    });
  }
  await symlink(join(workspaceFolder, "node_modules"), join(folder, "node_modules"));
  const git = (...args: readonly string[]) => run("git", args, { cwd: folder });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  const author = ["-c", "user.name=release", "-c", "user.email=release@localhost"];
  await git(...author, "commit", "--quiet", "--no-verify", "--message=copy");
  return {
    folder,
    async tool(name, args, cwd = folder) {
      const bin = join(workspaceFolder, "node_modules/.bin");
      const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, CI: "true" };
      const { stdout } = await run(join(bin, name), [...args], { cwd, env, maxBuffer: 1 << 26 });
      return stdout;
    },
    async manifests() {
      const manifests = new Map<string, Manifest & { readonly folder: string }>();
      for (const entry of await readdir(join(folder, "packages"))) {
        const path = join(folder, "packages", entry);
        const manifest: Manifest = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
        if (manifest.private !== true) manifests.set(manifest.name, { ...manifest, folder: path });
      }
      return manifests;
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
