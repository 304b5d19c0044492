import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

let folder = "";
let snippets: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "readme-"));
  for (const scope of ["@aiokpl", "@types"])
    await mkdir(join(folder, "node_modules", scope), { recursive: true });
  const link = (name: string, target: string) =>
    symlink(path(target), join(folder, "node_modules", name));
  await link("@aiokpl/metrics-core", "../../metrics-core");
  await link("@aiokpl/sink-prometheus", "..");
  await link("@types/node", "../../../node_modules/@types/node");
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const text = await readFile(path("../README.md"), "utf8");
  snippets = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");
});
afterAll(() => rm(folder, { recursive: true }));

test("the README's snippets compile as pasted", { timeout: 120_000 }, async () => {
  expect(snippets).toHaveLength(2);
  const files = snippets.map((_, i) => `snippet-${i}.ts`);
  for (const [i, file] of files.entries()) await writeFile(join(folder, file), snippets[i] ?? "");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext"];
  const settings = ["--target", "es2023", "--types", "node"];
  const tsc = path("../../../node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, ...options, ...settings, ...files], { cwd: folder });
});

test("the README's server has the metrics beside its own pages", async () => {
  const port = await freePort();
  const file = join(folder, "server.ts");
  const [snippet = ""] = snippets.filter((each) => each.includes("sink.handler"));
  await writeFile(file, snippet.replace("8080", `${port}, "127.0.0.1"`));
  const child = spawn(process.execPath, [file], { stdio: "inherit" });
  try {
    const url = `http://127.0.0.1:${port}`;
    const get = (target: string): Promise<string> =>
      fetch(target).then(
        (response) => response.text(),
        () => "",
      );
    await expect.poll(() => get(url), { timeout: 20_000 }).toBe("hello");
    expect(await get(`${url}/metrics`)).toMatch(/^starts_total 1\n(.*\n)+requests_total 1\n/m);
  } finally {
    child.kill("SIGKILL");
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
