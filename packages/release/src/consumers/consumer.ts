import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";

const run = promisify(execFile);

/** How a consumer installs. */
export type Installer = "npm" | "pnpm" | "yarn";

const INSTALL: Readonly<Record<Installer, readonly string[]>> = {
  npm: ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
  pnpm: [
    "npx",
    "--yes",
    "pnpm@12.21.0",
    "install",
    "--reporter=silent",
    "--no-frozen-lockfile",
    "--dangerously-allow-all-builds",
  ],
  yarn: [
    "npx",
    "--yes",
    "yarn@1.22.22",
    "install",
    "--silent",
    "--non-interactive",
    "--ignore-engines",
  ],
};

/** What a program that was run printed. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** An application in a folder of its own outside the workspace, as a user has one. */
export interface Consumer extends AsyncDisposable {
  readonly folder: string;
  write(path: string, text: string): Promise<void>;
  /** Writes a package.json with these dependencies, and installs it; its `.js` files are ES modules. */
  install(dependencies: Readonly<Record<string, string>>, installer?: Installer): Promise<void>;
  /** The same, as `npm init -y` starts: `.js` files are CommonJS. */
  installCommonJs(dependencies: Readonly<Record<string, string>>): Promise<void>;
  /** Has an installer do what these arguments say; without any, install what package.json says now. */
  installer(installer: Installer, ...args: readonly string[]): Promise<void>;
  /** Runs a program; without a path in its name, one that was installed. */
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Output>;
}

export async function createConsumer(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), "consumer-"));
  await writeFile(join(folder, ".npmrc"), `@aiokpl:registry=${inject("registryUrl")}\n`);
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|NODE_OPTIONS|VITEST|AWS_|DD_|OTEL_)/i.test(name),
    ),
  );
  const call = (
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) => run(program, [...args], { cwd: folder, env: { ...inherited, ...env }, maxBuffer: 1 << 26 });
  const installer: Consumer["installer"] = async (name, ...args) => {
    const [program = "npm", ...rest] = INSTALL[name];
    await call(program, [...rest, ...args]);
  };
  const install = async (
    type: "commonjs" | "module",
    dependencies: Readonly<Record<string, string>>,
    by: Installer,
  ): Promise<void> => {
    const manifest = { name: "consumer", version: "1.0.0", private: true, type, dependencies };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
    await installer(by);
  };
  return {
    folder,
    installer,
    install: (dependencies, by = "npm") => install("module", dependencies, by),
    installCommonJs: (dependencies) => install("commonjs", dependencies, "npm"),
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    run: (program, args, env) =>
      call(program.includes("/") ? program : join(folder, "node_modules/.bin", program), args, env),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The packages in a node_modules folder, nested ones too, by name. */
export async function installedPackages(folder: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const path of await readdir(join(folder, "node_modules"), { recursive: true })) {
    if (basename(path) !== "package.json") continue;
    const name = /(?:^|.*node_modules\/)((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].sort();
}

/** Number of files and their bytes below a folder. */
export async function sizeOf(
  folder: string,
): Promise<{ readonly files: number; readonly bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}
