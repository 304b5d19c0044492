import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Manifest, publicPackages, workspaceFolder } from "./public-packages.ts";

const run = promisify(execFile);

/** A copy of the workspace, in which a release can be tried without touching this one. */
export interface WorkspaceCopy extends AsyncDisposable {
  readonly folder: string;
  /** Runs one of the workspace's own tools in it; resolves with what that printed. */
  tool(name: string, args: readonly string[], folder?: string): Promise<string>;
  /** The manifests of the packages that are published, each with its folder, by name. */
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
      const packages = await publicPackages(folder);
      return new Map(
        packages.map((each) => [each.name, { ...each.manifest, folder: each.folder }]),
      );
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
