import { expect, test } from "vitest";
import { withTables } from "./performance-page.ts";

const page = `# Performance

<!-- measured by npm run bench: do not edit -->

old figures

<!-- end of what was measured -->

The end.
`;
const machine = { date: "2026-11-28", cores: 2, cpu: "a CPU", node: "v24.0.0", load: 0.25 };
const rowOf = (figures: Record<string, Record<string, number>>) =>
  new Map(Object.entries(figures).map(([name, measures]) => [name, [measures]]));

test("the tables replace the old ones, and name the date and the machine", () => {
  const result = withTables(page, new Map(), machine);
  expect(result).toContain("on 2026-11-28 with Node 24.0.0 on 2 cores (a CPU). The load was 0.3");
  expect(result).not.toContain("old figures");
  expect(result).toMatch(/^# Performance[^]*The end\.\n$/);
  expect(withTables(result, new Map(), machine)).toBe(result);
});

test("ours is bold where it is worse than the best peer of its vendor, in what is shown", () => {
  const measured = new Map([
    [
      26,
      rowOf({
        "otel, delta": { first: 20_000, later: 1_400 },
        "ours, OTLP delta": { first: 30_000, later: 1_499 },
      }),
    ],
  ]);
  const result = withTables(page, measured, machine);
  const line = result.split("\n").findLast((each) => each.startsWith("| ours, OTLP delta"));
  expect(line?.split("|").map((cell) => cell.trim())).toEqual([
    "",
    "ours, OTLP delta",
    "**30**",
    "1",
    "",
  ]);
});

test("a variant that was not started is shown in the line of its sink", () => {
  const measured = new Map([
    [
      23,
      rowOf({
        "ours, Datadog": { pauseMs: 7 },
        "ours, Datadog, no start()": { pauseMs: 9, exportPauseMs: 11 },
      }),
    ],
  ]);
  const lines = withTables(page, measured, machine).split("\n");
  expect(lines.filter((line) => /\| ours, Datadog .* 7 \|.* 9 \|.* 11 \|/.test(line))).toHaveLength(
    1,
  );
});

test("columns of rows that were not measured are left out, and tables without any column", () => {
  const measured = new Map([[23, rowOf({ "no metrics": { pauseMs: 7 } })]]);
  const result = withTables(page, measured, machine);
  expect(result.match(/^### /gm)).toHaveLength(1);
  expect(result).toContain("the same without `start()`");
  expect(result).not.toContain("CPU of an export");
  expect(result).not.toContain("new series");
});

test("a page without a place for the tables is an error", () => {
  expect(() => withTables("# Performance", new Map(), machine)).toThrow(/lacks/);
});
