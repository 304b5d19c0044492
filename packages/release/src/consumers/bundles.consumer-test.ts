import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { APPLICATION, COMMONJS_APPLICATION, totalsAt } from "./application.ts";
import { type Consumer, createSharedConsumer } from "./consumer.ts";
import { VENDORS } from "./vendors.ts";

const CORE = "@aiokpl/metrics-core";

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createSharedConsumer();
  await consumer.write(
    "null.mjs",
    `import { NullSink } from "${CORE}";\nconsole.log(new NullSink().name);\n`,
  );
  await consumer.write("page.mjs", PAGE);
});
afterAll(async () => {
  await consumer[Symbol.asyncDispose]();
});

const PAGE = `
import { InMemorySink, MetricsManager } from "${CORE}";
const sink = new InMemorySink();
const metrics = new MetricsManager({ sink: [sink, { export: async (snapshots) => {
  await fetch("/intake", { method: "POST", body: JSON.stringify(snapshots) });
} }] });
for (let i = 1; i <= 100; i++) {
  metrics.count("clicks", 1, { button: "buy" });
  metrics.distribution("latency", i);
}
const { ok } = await metrics.flush();
const latency = sink.read("latency");
document.title = "done";
document.body.textContent = [ok, sink.read("clicks", { button: "buy" }).sum, latency.count, latency.sum, latency.max].join(" ");
await metrics.close();
`;

const BUNDLERS = {
  esbuild: (input: string, output: string) => [
    "esbuild",
    [input, "--bundle", "--minify", "--format=esm", "--platform=browser", `--outfile=${output}`],
  ],
  rolldown: (input: string, output: string) => [
    "rolldown",
    [input, "--minify", "--format=esm", "--platform=browser", `--file=${output}`],
  ],
} as const satisfies Record<
  string,
  (input: string, output: string) => readonly [string, readonly string[]]
>;

test.each(["esbuild", "rolldown"] as const)(
  "%s keeps next to nothing of core for NullSink alone",
  async (bundler) => {
    const [program, args] = BUNDLERS[bundler]("null.mjs", `null.${bundler}.mjs`);
    await consumer.run(program, args);
    const bundle = join(consumer.folder, `null.${bundler}.mjs`);
    expect((await stat(bundle)).size).toBeLessThan(300);
    expect((await consumer.run(process.execPath, [bundle])).stdout.trim()).toBe("null");
  },
);

test.each(["esbuild", "rolldown"] as const)(
  "core works in a browser, bundled by %s",
  async (bundler) => {
    const chromium = process.env["CHROMIUM"];
    if (chromium === undefined)
      throw new Error("CHROMIUM must name a Chromium executable; .ci/servers brings one");
    const [program, args] = BUNDLERS[bundler]("page.mjs", `page.${bundler}.mjs`);
    await consumer.run(program, args);
    const script = await readFile(join(consumer.folder, `page.${bundler}.mjs`));
    const posted: unknown[] = [];
    const server = createServer(async (request, response) => {
      if (request.method === "POST") {
        posted.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
        response.end();
      } else if (request.url === "/page.mjs")
        response.setHeader("content-type", "text/javascript").end(script);
      else
        response
          .setHeader("content-type", "text/html")
          .end('<!doctype html><body><script type="module" src="/page.mjs"></script>');
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const profile = await mkdtemp(join(tmpdir(), "chromium-"));
    try {
      const flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ];
      const { stdout } = await consumer.run(chromium, [
        ...flags,
        `--user-data-dir=${profile}`,
        "--virtual-time-budget=10000",
        "--dump-dom",
        `http://127.0.0.1:${port}/`,
      ]);
      expect(stdout).toContain("true 100 100 5050 100");
      expect(posted).toMatchObject([
        [
          { name: "clicks", sum: 100 },
          { name: "latency", count: 100, sum: 5_050 },
        ],
      ]);
    } finally {
      await rm(profile, { recursive: true, force: true });
      server.close();
    }
  },
);

/** To CommonJS for Node, as a service or a function is deployed: the one bundler requires our packages, the other imports them. */
const TO_COMMONJS = {
  esbuild: {
    application: COMMONJS_APPLICATION,
    args: (input: string, output: string) => [
      input,
      "--bundle",
      "--platform=node",
      "--format=cjs",
      `--outfile=${output}`,
    ],
  },
  webpack: {
    application: APPLICATION,
    args: (input: string, output: string) => [
      `--entry=./${input}`,
      "--mode=production",
      "--no-optimization-minimize",
      "--target=node20",
      "--output-path=.",
      `--output-filename=${output}`,
      "--no-stats",
    ],
  },
} as const;

test.each(
  (["esbuild", "webpack"] as const).flatMap((bundler) =>
    VENDORS.map((vendor) => ({ bundler, vendor, sink: vendor.sink })),
  ),
)("$sink delivers, bundled to CommonJS by $bundler", async ({ bundler, vendor, sink }) => {
  const { application, args } = TO_COMMONJS[bundler];
  const [input, output] = [`input.${bundler}.js`, `output.${bundler}.cjs`];
  await consumer.write(input, application.replace("@aiokpl/sink", sink));
  await consumer.run(bundler, args(input, output));
  await using end = await vendor.listen();
  const { stdout } = await consumer.run(process.execPath, [output], end.env);
  expect(await end.totals(stdout)).toEqual(totalsAt(vendor));
});
