import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type InstallingConsumer, installedPackages, sizeOf } from "../consumer.ts";
import type { Installer } from "../package-managers.ts";
import { workspaceFolder } from "../../public-packages.ts";
import type { Vendor } from "../vendor.ts";
import type { ExistingProgram, Way } from "./existing-program.ts";
import { MATRIX_APPLICATION, MATRIX_TOTALS } from "./matrix-application.ts";
import type { Runtime } from "./runtimes.ts";

/** One program, to which one sink is added by one package manager. */
export interface Cell {
  readonly vendor: Vendor;
  readonly program: ExistingProgram;
  readonly installer: Installer;
  readonly runtimes: readonly Runtime[];
}

/** What a cell was seen to do. */
export interface Outcome {
  readonly cell: Cell;
  /** The versions that were installed of what the program has, by package. */
  readonly versions: Readonly<Record<string, string>>;
  /** Each line says what went differently than expected; none if all went well. */
  readonly problems: readonly string[];
  /** All packages in node_modules, and their size in bytes; undefined where there is no such folder. */
  readonly installed: { readonly packages: readonly string[]; readonly bytes: number } | undefined;
}

/** Adds the sink to the program in an empty folder, and tries each way in each runtime of `tools`. */
export async function runCell(
  cell: Cell,
  consumer: InstallingConsumer,
  tools: string,
): Promise<Outcome> {
  const { vendor, program, installer, runtimes } = cell;
  const isPnp = installer === "yarn 4 PnP";
  const problems: string[] = [];
  const dependencies = { "@types/node": "^24.0.0", ...program.has };
  await consumer.install(dependencies, installer, program.overrides);
  const added = consumer.add(installer, ["@aiokpl/metrics-core", vendor.sink]);
  if (program.refusedWith !== undefined) {
    const refusal = await added.then(() => "nothing", String);
    const isTold = program.refusedWith.test(refusal);
    if (!isTold) problems.push(`${installer} adds it, and says ${refusal}`);
    return { cell, versions: { ...program.has }, problems, installed: undefined };
  }
  await added;
  if (program.adds !== undefined) await consumer.add(installer, program.adds);
  for (const [i, way] of program.ways.entries()) await writeWay(consumer, i, way);
  // TypeScript by itself does not find packages under PnP.
  if (!isPnp) problems.push(...(await typeProblems(consumer, program.ways)));
  for (const [i, way] of program.ways.entries())
    for (const runtime of runtimes) {
      const [command, ...args] = runtime.command(tools);
      const pnp = isPnp ? ["--require=./.pnp.cjs", "--loader=./.pnp.loader.mjs"] : [];
      const run = [command, ...args, ...pnp, `main-${i}.mjs`] as const;
      const found = await differences(consumer, vendor, way, run).catch((error: Error) => [
        error.message,
      ]);
      problems.push(...found.map((each) => `${way.name}, ${runtime.name}: ${each}`));
    }
  return {
    cell,
    versions: isPnp ? {} : await installedVersions(consumer, cell),
    problems,
    installed: isPnp
      ? undefined
      : {
          packages: await installedPackages(consumer.folder),
          bytes: (await sizeOf(consumer.modules)).bytes,
        },
  };
}

async function writeWay(consumer: InstallingConsumer, i: number, way: Way): Promise<void> {
  const files = {
    [`existing-${i}`]: way.module,
    [`main-${i}`]: MATRIX_APPLICATION.replace("existing.mjs", `existing-${i}.mjs`),
  };
  for (const [name, text] of Object.entries(files)) {
    await consumer.write(`${name}.mts`, text);
    await consumer.write(`${name}.mjs`, stripTypeScriptTypes(text));
  }
}

/** What the compiler says of the ways that are supported, with the types of all libraries checked. */
async function typeProblems(
  consumer: InstallingConsumer,
  ways: readonly Way[],
): Promise<readonly string[]> {
  const files = [...ways.entries()].flatMap(([i, { told }]) =>
    told === undefined ? [`main-${i}.mts`] : [],
  );
  if (files.length === 0) return [];
  const options = ["--strict", "--skipLibCheck", "false", "--noEmit", "--types", "node"];
  const target = ["--module", "nodenext", "--target", "es2023"];
  const tsc = join(workspaceFolder, "node_modules/typescript/bin/tsc");
  return consumer.run(process.execPath, [tsc, ...options, ...target, ...files]).then(
    () => [],
    (error: { readonly stdout: string }) => [`types: ${error.stdout.trim()}`],
  );
}

/** In what a run of the program differs from what it must do. */
async function differences(
  consumer: InstallingConsumer,
  vendor: Vendor,
  way: Way,
  [command, ...args]: readonly [string, ...string[]],
): Promise<readonly string[]> {
  await using end = await vendor.listen();
  const { stdout } = await consumer.run(command, args, end.env);
  const seen: {
    readonly told?: string;
    readonly ok: boolean;
    readonly rejected?: number;
    readonly errors: readonly string[];
  } = JSON.parse(stdout.slice(stdout.indexOf("@@") + 2));
  if (way.told !== undefined)
    return !seen.ok && way.told.test(seen.told ?? "")
      ? []
      : [`is not told of, but prints ${JSON.stringify(seen)}`];
  const found: string[] = [];
  if (!seen.ok || seen.errors.length > 0) found.push(JSON.stringify(seen));
  if (seen.rejected !== 1) found.push(`the refused datum: ${seen.rejected} were rejected`);
  const totals = await end.totals(stdout);
  if (!isDeepStrictEqual(totals, MATRIX_TOTALS)) found.push(JSON.stringify(totals));
  return found;
}

/** The versions at the top of node_modules, and those that the sink has beside them. */
async function installedVersions(
  { modules }: InstallingConsumer,
  { vendor, program }: Cell,
): Promise<Readonly<Record<string, string>>> {
  const { dependencies = {} }: { dependencies?: Readonly<Record<string, string>> } = JSON.parse(
    await readFile(join(modules, vendor.sink, "package.json"), "utf8"),
  );
  const names = new Set([
    ...Object.keys(program.has),
    ...(program.adds ?? []),
    ...Object.keys(dependencies),
  ]);
  const versions: Record<string, string> = {};
  for (const name of names)
    for (const [label, folder] of [
      [name, modules],
      [`${name} of the sink`, join(modules, vendor.sink, "node_modules")],
    ] as const) {
      const text = await readFile(join(folder, name, "package.json"), "utf8").catch(() => "{}");
      const { version }: { readonly version?: string } = JSON.parse(text);
      if (version !== undefined) versions[label] = version;
    }
  return versions;
}
