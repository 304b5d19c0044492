import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
}

describe("one row in its shortest form", { timeout: 60_000 }, () => {
  const shortest = ["--row", "5", "--short", "--rounds", "1"];

  test("runs, and prints its results", () => {
    const { status, stdout, stderr } = bench(...shortest, "--json");
    expect(stderr).toBe("row 5: put at level none\n");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      short: true,
      rounds: 1,
      results: [
        { row: 5, peer: { name: "empty method" } },
        { row: 5, peer: { name: "empty handle" } },
      ],
    });
  });

  test("exits 1 and names the contender if the recorded totals are not the expected ones", () => {
    const { status, stdout, stderr } = bench(...shortest, "--sabotage");
    expect(stderr).toContain(
      "a contender failed: row 5, keyed: WorkNotDone: series: recorded 0, expected 1",
    );
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });
});

test("a wrong flag exits 2 and shows the usage; --help exits 0", () => {
  const wrong = bench("--row", "99");
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain("--row 99: the rows are 1, 2");
  const help = bench("--help");
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("--rounds N");
});
