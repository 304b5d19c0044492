import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import type { Contender, Row, Settings } from "./row.ts";
import { atMost, atMostMore } from "./target.ts";
import { checkTotals, WorkNotDone } from "./totals.ts";

const CORE = "@aiokpl/metrics-core";

/** The folder from which modules are resolved. */
const directory = import.meta.dirname;

/** The `bytes` of a module after bundling, minifying and compressing, and the number of other `packages` in the bundle. */
async function bundled(source: string) {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: directory },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs).filter((path) => path !== "<stdin>");
  return {
    bytes: outputFiles.reduce(
      (sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length,
      0,
    ),
    packages: new Set(inputs.map(packageOf)).size - 1,
    inputs: inputs.length,
  };
}

/** The package to which a bundled file belongs, according to the last `node_modules` in its path. */
function packageOf(path: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "";
}

/** Wall time of a new process that runs one module and ends. */
function processMs(source: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], {
    cwd: directory,
    encoding: "utf8",
  });
  if (status !== 0) throw new WorkNotDone(`a process ended with ${status}: ${stderr}`);
  return performance.now() - start;
}

/** The import time and the size of a module. The program uses what it imports, so that the bundler leaves nothing out. */
function moduleOf(name: string, exported: string): Contender {
  return async (settings: Settings) => {
    const all = await bundled(`export * from ${JSON.stringify(name)}`);
    const one = await bundled(`export { ${exported} } from ${JSON.stringify(name)}`);
    checkTotals({ series: all.inputs > 0 ? 1 : 0 }, { count: 0, sum: 0, series: 1 }, settings);
    const load = `import { ${exported} } from ${JSON.stringify(name)}; if (typeof ${exported} !== "function") process.exit(3)`;
    processMs(load);
    return () =>
      Promise.resolve({
        bytes: all.bytes,
        oneBytes: one.bytes,
        packages: all.packages,
        startMs: processMs(load),
      });
  };
}

const bareNode: Contender = () =>
  Promise.resolve(() => Promise.resolve({ startMs: processMs("export {}") }));

export const size: Row = {
  number: 12,
  title: "size and import time of core",
  contenders: {
    ours: moduleOf(CORE, "MetricsManager"),
    "bare node": bareNode,
    otel: moduleOf("@opentelemetry/sdk-metrics", "MeterProvider"),
    "prom-client": moduleOf("prom-client", "Registry"),
  },
  workloads: [
    {
      name: "all exports, minified and gzipped",
      measure: "bytes",
      unit: "B",
      ours: "ours",
      against: [{ target: atMost(6_000) }, { peer: "otel" }, { peer: "prom-client" }],
    },
    {
      name: "MetricsManager alone, minified and gzipped",
      measure: "oneBytes",
      unit: "B",
      ours: "ours",
      against: [{ peer: "otel" }, { peer: "prom-client" }],
    },
    {
      name: "other packages in the bundle",
      measure: "packages",
      unit: "packages",
      ours: "ours",
      against: [{ target: atMost(0) }, { peer: "otel" }, { peer: "prom-client" }],
    },
    {
      name: "a process that imports it",
      measure: "startMs",
      unit: "ms",
      ours: "ours",
      against: [
        { peer: "bare node", target: atMostMore(10) },
        { peer: "otel" },
        { peer: "prom-client" },
      ],
    },
  ],
};
