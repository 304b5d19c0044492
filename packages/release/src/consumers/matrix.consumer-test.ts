import { join } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { createConsumer } from "./consumer.ts";
import { CI_MATRIX } from "./matrix/cells.ts";
import { runCell } from "./matrix/run-cell.ts";
import { SINK_VENDORS } from "./vendors.ts";

const sizes: string[] = [];
afterAll(() => console.log(`Installed by npm:\n${sizes.join("\n")}`));

// Two at a time: most of an installation is waiting.
test.concurrent.each(
  CI_MATRIX.map((cell) => ({
    cell,
    sink: cell.vendor.sink,
    installer: cell.installer,
    program: cell.program.name,
  })),
)(
  "$sink, added by $installer to a program with $program, delivers exactly",
  async ({ cell, sink, installer, program }) => {
    await using consumer = await createConsumer();
    const tools = join(inject("sharedFolder"), "node_modules");
    const { problems, installed } = await runCell(cell, consumer, tools);
    expect(problems).toEqual([]);
    if (installed === undefined) return;
    const { packages, bytes } = installed;
    expect(packages).toContain(sink);
    for (const { sink: other, theirs } of SINK_VENDORS)
      if (other !== sink)
        expect(packages.filter((name) => name === other || theirs?.test(name))).toEqual([]);
    if (installer === "npm")
      sizes.push(
        `  ${`${sink}, ${program}`.padEnd(80)}${(bytes / 1e6).toFixed(1)} MB, ${packages.length} packages`,
      );
  },
);
