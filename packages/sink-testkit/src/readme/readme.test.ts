import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

const readme = read("../../README.md");

function withPublicImports(source: string): string {
  return source.replace('"../index.ts"', '"@aiokpl/sink-testkit"');
}

describe("the README", () => {
  it.each(["./example-sink.ts", "./example-sink.test.ts", "./intake-example.test.ts"])(
    "shows %s as it is",
    (path) => {
      expect(readme).toContain(`\`\`\`ts\n${withPublicImports(read(path))}\`\`\``);
    },
  );

  it("keeps the example sink to 15 lines and its contract test to a dozen", () => {
    expect(read("./example-sink.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(16);
    expect(
      read("./example-sink.test.ts").split("\n\n")[1]?.trimEnd().split("\n").length,
    ).toBeLessThanOrEqual(12);
  });

  it("names every clause", () => {
    const clauses = [...read("../contract/clause-name.ts").matchAll(/\| "(.*)"/g)].map(
      ([, name]) => name,
    );
    expect(clauses.length).toBeGreaterThan(40);
    const rows = readme.split("\n").flatMap((line) => line.match(/^\| (.*?) +\|/)?.[1] ?? []);
    for (const clause of clauses) expect(rows).toContain(clause);
  });

  it("names every option", () => {
    const options =
      read("../contract/sink-contract-options.ts").split(
        "export interface SinkContractOptions",
      )[1] ?? "";
    const names = [...options.matchAll(/^  (?:readonly )?(\w+)[?(:]/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });
});
