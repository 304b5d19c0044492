// Run in a package's folder. Its entries are those of its manifest; what they share goes to chunks of
// its own. One file loads three times as fast as one a module, which a cold start feels.
// Each entry is written twice: as an ES module (.js) and as CommonJS (.cjs). Their source maps name the files in src,
// which are in the tarball, and do not repeat what is in them.
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.values(manifest.exports).flatMap((target) => {
  const entry = /^\.\/dist\/(.*)\.js$/.exec(target.import?.default)?.[1];
  return entry === undefined ? [] : [[entry, `src/${entry}.ts`]];
});

export default {
  input: Object.fromEntries(entries),
  external: /^[^./]/,
  platform: "neutral",
  transform: { define: { PACKAGE_VERSION: JSON.stringify(manifest.version) } },
  output: [
    {
      dir: "dist",
      cleanDir: true,
      format: "esm",
      sourcemap: true,
      sourcemapExcludeSources: true,
      chunkFileNames: "shared-[hash].js",
    },
    {
      dir: "dist",
      format: "cjs",
      sourcemap: true,
      sourcemapExcludeSources: true,
      entryFileNames: "[name].cjs",
      chunkFileNames: "shared-[hash].cjs",
      strict: true,
      // Jest loads CommonJS where import() does not work.
      dynamicImportInCjs: false,
    },
  ],
};
