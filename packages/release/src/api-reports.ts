import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { publicPackages, workspaceFolder } from "./public-packages.ts";

/**
 * Writes the public surface of each package's entries as text, `api/<entry>.api.md`, or compares it
 * with what is committed: a change of the surface is then a change that a review sees.
 *
 * `--fix` writes; without it, a difference is an error. What is public and has no docstring is an error in any case.
 */
const { values } = parseArgs({ options: { fix: { type: "boolean", default: false } } });
const scratch = await mkdtemp(join(tmpdir(), "api-"));
const different: string[] = [];
for (const { folder, directory, entries } of await publicPackages()) {
  await mkdir(join(folder, "api"), { recursive: true });
  for (const { file } of entries) {
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: join(folder, "dist", `${file}.d.ts`),
        apiReport: {
          enabled: true,
          reportFolder: join(folder, "api"),
          reportFileName: file,
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
            include: [join(folder, "dist")],
          },
        },
        messages: {
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.None },
            "ae-undocumented": { logLevel: ExtractorLogLevel.Error },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
    });
    const { apiReportChanged, succeeded, errorCount } = Extractor.invoke(config, {
      localBuild: values.fix,
      messageCallback: (message) => {
        if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
      },
    });
    if (errorCount > 0) process.exitCode = 1;
    if (apiReportChanged && !succeeded) different.push(`packages/${directory}/api/${file}.api.md`);
  }
}
await rm(scratch, { recursive: true });
if (different.length > 0) {
  process.exitCode = 1;
  console.error(`The public surface differs from what is committed:\n  ${different.join("\n  ")}`);
  console.error("If that is meant: npm run api:fix, and commit.");
}
