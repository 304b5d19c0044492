import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { type Installer, PACKAGE_MANAGERS } from "./package-managers.ts";

const run = promisify(execFile);

/** What a program that was run printed. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** An application in a folder of its own outside the workspace, as a user has one. */
export interface Consumer extends AsyncDisposable {
  readonly folder: string;
  /** The `node_modules` folder in which its dependencies are. */
  readonly modules: string;
  write(path: string, text: string): Promise<void>;
  /** Runs a program in its folder; without a path in its name, one that was installed. */
  run(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Output>;
  /** Starts Node there with these arguments, for a program that goes on until it is stopped. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
}

/** A consumer that says itself what it depends on. */
export interface InstallingConsumer extends Consumer {
  /** Writes a package.json with these dependencies, and installs it. `overrides` are npm's. */
  install(
    dependencies: Readonly<Record<string, string>>,
    installer?: Installer,
    overrides?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Adds packages, each with a range if its name has one behind an `@`, to what is installed. */
  add(installer: Installer, packages: readonly string[]): Promise<void>;
  /** Has an installer do what these arguments say; without any, install what package.json says now. */
  installer(installer: Installer, ...args: readonly string[]): Promise<void>;
}

/** Makes a consumer in an empty folder, with nothing installed. */
export async function createConsumer(): Promise<InstallingConsumer> {
  return installingConsumer(await mkdtemp(join(tmpdir(), "consumer-")), inject("registryUrl"));
}

/**
 * Makes a consumer in an empty folder below the one that has all of {@link sharedDependencies}. Its
 * `.js` and `.ts` files are CommonJS, as after `npm init -y`.
 */
export async function createSharedConsumer(): Promise<Consumer> {
  const shared = inject("sharedFolder");
  const folder = await mkdtemp(join(shared, "consumer-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  return consumerIn(folder, join(shared, "node_modules"));
}

/** Makes a consumer of a folder that may hold files already, which installs our packages from `registryUrl`. */
export function installingConsumer(folder: string, registryUrl: string): InstallingConsumer {
  const manage = async (name: Installer, args: readonly string[]) => {
    const { program, settings } = PACKAGE_MANAGERS[name];
    // A lock file among them is the package manager's own as soon as it has written one.
    for (const [path, text] of Object.entries(settings(registryUrl)))
      await writeFile(join(folder, path), text, { flag: "wx" }).catch(ignoreExisting);
    const [command, ...rest] = program;
    const options = { cwd: folder, env: environment(), maxBuffer: 1 << 26 };
    await run(command, [...rest, ...args], options).catch(withOutput);
  };
  const installer: InstallingConsumer["installer"] = (name, ...args) =>
    manage(name, [...PACKAGE_MANAGERS[name].install, ...args]);
  return {
    ...consumerIn(folder, join(folder, "node_modules")),
    installer,
    add: (name, packages) => manage(name, [...PACKAGE_MANAGERS[name].add, ...packages]),
    async install(dependencies, by = "npm", overrides = {}) {
      const manifest = { private: true, type: "module", dependencies, overrides };
      await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
      await installer(by);
    },
  };
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** Package managers other than npm print on standard output what went wrong. */
function withOutput(error: Error & { readonly stdout?: string }): never {
  throw new Error(`${error.message}\n${error.stdout ?? ""}`, { cause: error });
}

function consumerIn(folder: string, modules: string): Consumer {
  return {
    folder,
    modules,
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    run: (program, args, env = {}) =>
      run(program.includes("/") ? program : join(modules, ".bin", program), [...args], {
        cwd: folder,
        env: { ...environment(), ...env },
        maxBuffer: 1 << 26,
      }),
    start: (args, env = {}) =>
      spawn(process.execPath, [...args], { cwd: folder, env: { ...environment(), ...env } }),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * This process's environment, without what its own installer, runner and vendors put there. In
 * NODE_PATH pnpm says where this workspace's packages are, and `require` would find them.
 */
function environment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|NODE_OPTIONS|NODE_ENV|NODE_PATH|VITEST|JEST|AWS_|DD_|OTEL_)/i.test(name),
    ),
  );
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
