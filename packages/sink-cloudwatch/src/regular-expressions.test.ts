import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Found {
  readonly file: string;
  readonly expression: RegExp;
}

/** The regular expressions in the package's source. A literal follows an operator or a bracket. */
async function expressions(): Promise<readonly Found[]> {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const entries = await readdir(folder, { recursive: true });
  const files = entries.filter(
    (file) => file.endsWith(".ts") && !/test\.ts$|^testing/.test(file) && !file.includes(".d."),
  );
  const found: Found[] = [];
  for (const file of files) {
    const lines = (await readFile(`${folder}/${file}`, "utf8")).split("\n");
    const code = lines.filter((line) => !/^\s*(\/\/|\/?\*)/.test(line)).join("\n");
    const literals = code.matchAll(
      /(?<=[=(,:!?[]\s*|\n\s*)\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[\s;,.)])/g,
    );
    for (const [, source = "", flags] of literals)
      found.push({ file, expression: new RegExp(source, flags) });
  }
  return found;
}

/** Texts that make a regular expression go back: repetitions of its own parts, with a wrong end. */
function adversarialTexts({ source }: RegExp): readonly string[] {
  const length = 60_000;
  const words = source.match(/[a-zA-Z]{3,}/g) ?? [];
  const parts = [" ", "\t", "\n", "a", "1", "-", "_", "/", "//", "<", "<?xml ", "{", "[", "&", ":"];
  parts.push(
    "#",
    ".",
    "'",
    '"',
    "MetricData.member.",
    "a-",
    "\u202e",
    "\u0000",
    "\ud800",
    ...words,
  );
  return parts.flatMap((part) => {
    const run = part.repeat(Math.ceil(length / part.length));
    return [run, `${run}\n!`, `!${run}`, `${words[0] ?? ""}${run}\n!`];
  });
}

test("each regular expression takes linear time, whatever the text", async () => {
  const found = await expressions();
  // Whoever adds one has it tried; this only shows that they are found.
  expect(found.length).toBeGreaterThan(15);
  const slow: string[] = [];
  for (const { file, expression } of found)
    for (const text of adversarialTexts(expression)) {
      const start = performance.now();
      text.replace(expression, "");
      const ms = performance.now() - start;
      // A quadratic one takes seconds.
      if (ms > 250) slow.push(`${file}: ${expression} ${Math.round(ms)} ms`);
    }
  expect(slow).toEqual([]);
});
