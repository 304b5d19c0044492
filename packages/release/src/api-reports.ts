import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { workspaceFolder } from "./workspace-copy.ts";

/**
 * Writes the public surface of each package's entries as text, `api/<entry>.api.md`, or compares it
 * with what is committed: a change of the surface is then a change that a review sees.
 *
 * `--fix` writes; without it, a difference is an error.
 */
const { values } = parseArgs({ options: { fix: { type: "boolean", default: false } } });
const scratch = await mkdtemp(join(tmpdir(), "api-"));
const different: string[] = [];
for (const folder of await readdir(join(workspaceFolder, "packages"))) {
  const projectFolder = join(workspaceFolder, "packages", folder);
  const manifestPath = join(projectFolder, "package.json");
  const manifest: { private?: boolean; exports?: Record<string, string> } = JSON.parse(
    await readFile(manifestPath, "utf8"),
  );
  if (manifest.private === true) continue;
  await mkdir(join(projectFolder, "api"), { recursive: true });
  for (const target of Object.values(manifest.exports ?? {})) {
    const entry = /^\.\/dist\/(.*)\.js$/.exec(target.import?.default ?? "")?.[1];
    if (entry === undefined) continue;
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder,
        mainEntryPointFilePath: join(projectFolder, "dist", `${entry}.d.ts`),
        apiReport: {
          enabled: true,
          reportFolder: join(projectFolder, "api"),
          reportFileName: entry,
          reportTempFolder: scratch,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              target: "es2022",
              lib: ["es2023", "esnext.disposable", "dom"],
              module: "nodenext",
              strict: true,
              skipLibCheck: true,
              types: ["node"],
              typeRoots: [join(workspaceFolder, "node_modules/@types")],
            },
            include: [join(projectFolder, "dist")],
          },
        },
        messages: {
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: manifestPath,
    });
    const { apiReportChanged, succeeded, errorCount } = Extractor.invoke(config, {
      localBuild: values.fix,
      messageCallback: (message) => {
        if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
      },
    });
    if (errorCount > 0) process.exitCode = 1;
    if (apiReportChanged && !succeeded) different.push(`packages/${folder}/api/${entry}.api.md`);
  }
}
await rm(scratch, { recursive: true });
if (different.length > 0) {
  process.exitCode = 1;
  console.error(`The public surface differs from what is committed:\n  ${different.join("\n  ")}`);
  console.error("If that is meant: npm run api:fix, and commit.");
}
