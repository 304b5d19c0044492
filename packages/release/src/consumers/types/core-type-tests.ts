import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { workspaceFolder } from "../../public-packages.ts";

/** What the type tests need of vitest, whose own declarations old compilers can't read. */
const EXPECT_TYPE_OF = `
type Differing<A, B> = [A] extends [B] ? ([B] extends [A] ? [] : [never]) : [never];
declare function expectTypeOf<A>(value: A): { toEqualTypeOf<B>(...differing: Differing<A, B>): void };
declare function expectTypeOf<A>(): { toEqualTypeOf<B>(...differing: Differing<A, B>): void };
`;

/**
 * Core's type tests, by file name, as modules of a consumer: they import the package in place of its sources. Each
 * expected mistake must be an error, and everything else must compile.
 */
export async function coreTypeTests(): Promise<Readonly<Record<string, string>>> {
  const tests: Record<string, string> = {};
  const source = join(workspaceFolder, "packages/metrics-core/src");
  for await (const path of glob("**/*.test-d.ts", { cwd: source })) {
    const text = await readFile(join(source, path), "utf8");
    const usesExpect = text.includes('from "vitest"');
    tests[basename(path).replace(/\.ts$/, ".mts")] =
      text
        .replace(/^import \{ expectTypeOf \} from "vitest";\n/m, "")
        .replaceAll(/from "\.{1,2}\/[^"]*"/g, 'from "@aiokpl/metrics-core"')
        .replaceAll(
          /^import (type )?(\{ (?:readMetric|readSeries|MetricReading)\b[^}]*\}) from "[^"]*"/gm,
          'import $1$2 from "@aiokpl/metrics-core/testing"',
        ) + (usesExpect ? EXPECT_TYPE_OF : "");
  }
  return tests;
}
