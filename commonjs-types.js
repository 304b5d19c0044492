// Run in a package's folder, after tsc. Writes beside each declaration the one for CommonJS: the same
// text in a .d.cts, which imports its neighbours' .d.cts. TypeScript takes a .d.ts of ours for an ES module's.
import { globSync, readFileSync, writeFileSync } from "node:fs";

const RELATIVE = /((?:from|import) "|import\(")(\.{1,2}\/[^"]*)\.ts"/g;

for (const path of globSync("dist/**/*.d.ts")) {
  const target = path.replace(/\.ts$/, ".cts");
  const declarations = readFileSync(path, "utf8")
    .replace(RELATIVE, '$1$2.cjs"')
    .replace(/(sourceMappingURL=.*)\.d\.ts\.map/, "$1.d.cts.map");
  writeFileSync(target, declarations);
  const map = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  writeFileSync(`${target}.map`, JSON.stringify({ ...map, file: map.file.replace(/ts$/, "cts") }));
}
