import { expect, test } from "vitest";
import { resultsOf, type Result } from "./measure-row.ts";
import { renderTable, withResults } from "./report.ts";
import { atMost, atMostMore, atMostTimes, timesLess } from "./target.ts";

const contender = () => Promise.reject(new Error("not run here"));

const results: Result[] = resultsOf(
  {
    number: 1,
    title: "a title",
    contenders: { ours: contender, bare: contender, otel: contender },
    workloads: [
      {
        name: "put",
        measure: "ns",
        unit: "ns",
        ours: "ours",
        against: [
          { peer: "bare", target: atMostTimes(1.5) },
          { peer: "otel", target: timesLess(15) },
          { peer: "bare", target: atMostMore(1) },
          { peer: "otel" },
        ],
      },
      {
        name: "size",
        measure: "bytes",
        unit: "B",
        ours: "ours",
        against: [{ target: atMost(250) }],
      },
    ],
  },
  new Map([
    [
      "ours",
      [
        { ns: 5, bytes: 300 },
        { ns: 6, bytes: 300 },
        { ns: 50, bytes: 300 },
      ],
    ],
    ["bare", [{ ns: 2.5 }, { ns: 3 }, { ns: 25 }]],
    ["otel", [{ ns: 100 }, { ns: 120 }, { ns: 1_000 }]],
  ]),
);

test("medians over the rounds, ratios within a round", () => {
  expect(results.map(({ ours }) => ours)).toEqual([6, 6, 6, 6, 300]);
  expect(results.map(({ peer }) => peer?.ratio)).toEqual([2, 0.05, 2, 0.05, undefined]);
});

test("the table says for each target whether it is met, or by how much it is missed", () => {
  const [, , bare, otel, more, orientation, absolute] = renderTable(results)
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  expect(bare).toEqual([
    "1",
    "put",
    "6 ns",
    "bare",
    "3 ns",
    "2 × more",
    "± 0 %",
    "≤ 1.5 ×",
    "no, by 33.3 %",
  ]);
  expect(otel).toEqual([
    "1",
    "put",
    "6 ns",
    "otel",
    "120 ns",
    "20 × less",
    "± 0 %",
    "≥ 15 × less",
    "yes",
  ]);
  expect(more).toEqual([
    "1",
    "put",
    "6 ns",
    "bare",
    "3 ns",
    "+ 3 ns",
    "± 0 %",
    "≤ + 1 ns",
    "no, by 2 ns",
  ]);
  expect(orientation?.slice(5)).toEqual(["20 × less", "± 0 %"]);
  expect(absolute).toEqual(["1", "size", "300 B", "≤ 250 B", "no, by 20.0 %"]);
});

test("the page shows ratios instead of times, and sizes as they are", () => {
  const machine = { date: "2026-11-28", cores: 2, cpu: "a CPU", node: "v24.0.0", load: 0 };
  const page = `<!-- measured by npm run bench: do not edit -->
old
<!-- end of what was measured -->`;
  const markdown = withResults(page, results, machine).replaceAll(/ +/g, " ");
  expect(markdown).toContain("| 1 | put | otel | 20 × less | ≥ 15 × less | yes |\n");
  expect(markdown).toContain("| 1 | size | | 300 B | ≤ 250 B | no, by 20.0 % |\n");
  expect(markdown).not.toMatch(/6 ns|old/);
});
