import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

async function chaos(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [, stdout, stderr] = await Promise.all([
    once(child, "close"),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

describe.concurrent("the chaos program", { timeout: 60_000 }, () => {
  test("a short run balances, prints the seed first, and exits 0", async () => {
    const { code, stdout, stderr } = await chaos("--short", "--seed", "1");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^seed 1\nsink .*recorded .*delivered .*rejected .*pending .*\n/);
    expect(stdout).toMatch(/\ntwins: \d+ managers at one account, which shows [\d,]+ observations/);
    expect(stdout).toMatch(/\npeak heap \d+ MiB, longest event-loop delay \d+ ms\nbalanced\n$/);
    expect(code).toBe(0);
  });

  test("exits 1 when a sink lies, and names the manager, the sink, the numbers and the seed", async () => {
    const { code, stdout } = await chaos("--short", "--seed", "2", "--sabotage");
    expect(stdout).toMatch(
      /imbalance \(seed 2\): manager \d+: sink "dishonest": stored by the vendor: count of \S+ is \d+ instead of \d+\n/,
    );
    expect(stdout).not.toContain("\nbalanced");
    const others = stdout
      .split("\n")
      .filter((line) => line.startsWith("imbalance") && !line.includes('sink "dishonest"'));
    expect(others).toEqual([]);
    expect(code).toBe(1);
  });

  test("each run has a new seed if none is given", async () => {
    const runs = await Promise.all([1, 2].map(() => chaos("--short", "--seconds", "0.1")));
    const [a, b] = runs.map(({ stdout }) => /^seed (\d+)\n/.exec(stdout)?.[1]);
    expect(a).toBeDefined();
    expect(a).not.toBe(b);
  });

  test("a wrong flag exits 2 and says what is wrong; --help exits 0", async () => {
    const wrong = await chaos("--seed", "x");
    expect(wrong).toEqual({
      code: 2,
      stdout: "",
      stderr: 'chaos: --seed "x": must be a whole number from 0 to 4294967295 (try --help)\n',
    });
    const help = await chaos("--help");
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("--seconds N");
  });
});
