import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APPLICATION, totalsAt } from "./application.ts";
import { createConsumer, type InstallingConsumer } from "./consumer.ts";
import type { Installer } from "./package-managers.ts";
import { theConsole, VENDORS } from "./vendors.ts";

/** What an application that may go to any vendor depends on, whichever that is now. */
const DEPENDENCIES = {
  "@aiokpl/metrics-core": "^1",
  ...Object.assign({}, ...VENDORS.map(({ beside }) => beside)),
};

// npm takes an edit of an alias for none where a lock file is: it must be told the name.
describe.each([
  { installer: "npm", args: ["@aiokpl/sink"] },
  { installer: "pnpm", args: [] },
  { installer: "yarn", args: [] },
] satisfies readonly { installer: Installer; args: readonly string[] }[])(
  "one application, one folder, another line in package.json, installed by $installer",
  ({ installer, args }) => {
    let consumer: InstallingConsumer;
    beforeAll(async () => {
      consumer = await createConsumer();
      await consumer.write("main.mjs", APPLICATION);
      await consumer.install({ ...DEPENDENCIES, "@aiokpl/sink": alias(VENDORS.at(-1)) }, installer);
    });
    afterAll(() => consumer[Symbol.asyncDispose]());

    test.each(VENDORS)("$sink", async (vendor) => {
      const before = await readFile(join(consumer.folder, "package.json"), "utf8");
      const after = before.replace(/"@aiokpl\/sink": ".*"/, `"@aiokpl/sink": "${alias(vendor)}"`);
      await consumer.write("package.json", after);
      await consumer.installer(installer, ...args);
      await using end = await vendor.listen();
      const { stdout } = await consumer.run(process.execPath, ["main.mjs"], end.env);
      expect(await end.totals(stdout)).toEqual(totalsAt(vendor));
    });
  },
);

/** What package.json says: the package of that name for the console, and an alias for each vendor. */
function alias(vendor: (typeof VENDORS)[number] | undefined): string {
  return vendor === theConsole ? "^1" : `npm:${vendor?.sink}@^1`;
}
