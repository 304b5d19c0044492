import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guideFiles } from "../guide-files.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";

const guide = await guideFiles("in-your-framework.md");

let consumer: Consumer;
let port = 0;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  port = await freePort();
  for (const [name, text] of guide) await consumer.write(name, text.replace("8080", `${port}`));
});
afterAll(() => consumer[Symbol.asyncDispose]());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

const tsc = (...args: readonly string[]) =>
  consumer.run(process.execPath, [join(consumer.modules, "typescript-5.9/bin/tsc"), ...args]);

/**
 * Starts a program of the guide, asks it for two orders and for what is not there, and stops it by
 * SIGTERM. Resolves with the rows of the table that the console shows, without the times.
 */
async function visit(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const child = consumer.start(args, env);
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const closed = once(child, "close");
  const answers: string[] = [];
  for (const path of ["/orders/17", "/orders/18", "/invoices/19"]) {
    const response = await fetchWhenUp(path, () => child.exitCode !== null);
    answers.push(`${response?.status} ${response?.ok ? await response.text() : ""}`.trim());
  }
  child.kill("SIGTERM");
  const [, signal] = await closed;
  expect(answers, printed).toEqual(['200 {"id":"17"}', '200 {"id":"18"}', "404"]);
  expect(signal, printed).toBe("SIGTERM");
  expect(printed).not.toContain("/orders/1");
  // If a minute has ended meanwhile, the gauge is in a window of its own, in which it only holds its level.
  return rowsOf(printed).filter((row) => !/^http\.in_flight 1 0 0 .*last 0/.test(row));
}

/** The rows of the console's table: the metric, its dimensions, then the numbers. Dimensions that the table has wrapped are joined again. */
function rowsOf(printed: string): readonly string[] {
  const joined = printed.replace(/\n +(?=[a-z]+=)/g, " ");
  return joined
    .split("\n")
    .filter((line) => /^(http|orders)\./.test(line))
    .map((line) => {
      const dimensions = line.match(/[a-z]+=\S+/g) ?? [];
      const others = line
        .replace(/[a-z]+=\S+/g, " ")
        .replace(/ +/g, " ")
        .trim();
      const [, metric = "", numbers = ""] = /^(\S+(?: \[\S+\])?) ?(.*)$/.exec(others) ?? [];
      return [metric, ...dimensions, numbers].join(" ");
    });
}

async function fetchWhenUp(path: string, hasEnded: () => boolean): Promise<Response | undefined> {
  for (let attempt = 0; attempt < 300 && !hasEnded(); attempt++) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (response !== undefined) return response;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}

/** What every framework's program counts of that visit. */
const MEASURED = [
  /^http\.duration \[ms\] method=GET route=\/orders\/:id 2 /,
  /^http\.duration \[ms\] method=GET route=unmatched 1 /,
  /^http\.in_flight 6 .* last 0/,
  /^http\.requests method=GET route=\/orders\/:id status=200 2 2 /,
  /^http\.requests method=GET route=unmatched status=404 1 1 /,
];

const matching = (patterns: readonly RegExp[]) =>
  patterns.map((pattern): unknown => expect.stringMatching(pattern));

describe("the guide's programs count by template, and deliver when they are stopped", () => {
  test.each(["express", "fastify", "hono"])("%s", async (framework) => {
    const options = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck"];
    const lib = ["--target", "es2023", "--lib", "es2023,esnext.disposable", "--types", "node"];
    const file = `${framework}.ts`;
    await tsc("--noEmit", ...options, "--module", "nodenext", ...lib, file);
    const commonJs = ["--module", "commonjs", "--moduleResolution", "node10", "--esModuleInterop"];
    // Hono's subpaths are only found by newer resolution.
    if (framework !== "hono") await tsc("--noEmit", ...options, ...commonJs, ...lib, file);
    const rows = await visit(["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", file]);
    expect(rows).toEqual(matching(MEASURED));
  });

  test("the dimensions of a request", async () => {
    const options = ["--strict", "--skipLibCheck", "--target", "es2023", "--types", "node"];
    const lib = ["--module", "nodenext", "--lib", "es2023,esnext.disposable"];
    await tsc("--noEmit", ...options, ...lib, "request-dimensions.ts");
    const child = consumer.start(["request-dimensions.ts"]);
    let printed = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
    const closed = once(child, "close");
    await fetchWhenUp("/", () => child.exitCode !== null);
    await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-plan": "gold" } });
    child.kill("SIGTERM");
    await closed;
    expect(rowsOf(printed)).toEqual(
      matching([/^orders\.placed plan=free 1 1 /, /^orders\.placed plan=gold 1 1 /]),
    );
  });

  test("NestJS", async () => {
    const options = ["--strict", "--skipLibCheck", "--target", "es2023", "--types", "node"];
    const decorators = ["--experimentalDecorators", "--emitDecoratorMetadata"];
    await tsc(...options, ...decorators, "--module", "nodenext", "--outDir", "dist", "main.ts");
    const rows = await visit(["dist/main.js"]);
    expect(rows).toEqual(matching([...MEASURED, /^orders\.read 2 2 /]));
  });

  test.each(["bundled", "external"])("Next.js, the packages %s", async (how) => {
    const next = join(consumer.modules, "next/dist/bin/next");
    const folder = join(consumer.folder, how);
    for (const file of ["metrics.ts", "instrumentation.ts", "app/orders/[id]/route.ts"])
      await consumer.write(`${how}/${file}`, guide.get(file) ?? "");
    await consumer.write(`${how}/package.json`, JSON.stringify({ private: true }));
    const packages = how === "external" ? ["@aiokpl/metrics-core", "@aiokpl/sink"] : [];
    const config = {
      turbopack: { root: join(consumer.modules, "..") },
      serverExternalPackages: packages,
    };
    await consumer.write(`${how}/next.config.mjs`, `export default ${JSON.stringify(config)};`);
    const env = { NEXT_TELEMETRY_DISABLED: "1", NEXT_MANUAL_SIG_HANDLE: "true" };
    await consumer.run(process.execPath, [next, "build", folder], env);
    const rows = await visit([next, "start", folder, "--port", `${port}`], env);
    expect(rows).toEqual(
      matching([
        /^http\.duration \[ms\] method=GET route=\/orders\/\[id\] 2 /,
        /^http\.in_flight 4 .* last 0/,
        /^http\.requests method=GET route=\/orders\/\[id\] status=200 2 2 /,
      ]),
    );
  });
});
