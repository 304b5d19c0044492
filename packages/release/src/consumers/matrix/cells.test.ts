import semver from "semver";
import { describe, expect, test } from "vitest";
import { publicPackages } from "../../public-packages.ts";
import { SINK_VENDORS } from "../vendors.ts";
import { CI_MATRIX, WHOLE_MATRIX } from "./cells.ts";
import { report } from "./report.ts";

const packages = await publicPackages();

/** The sinks that depend on something besides core, of which there may be many versions. */
const dependent = SINK_VENDORS.filter(({ sink }) => {
  const { dependencies = {}, peerDependencies = {} } =
    packages.find(({ name }) => name === sink)?.manifest ?? {};
  return Object.keys({ ...dependencies, ...peerDependencies }).some(
    (name) => !name.startsWith("@aiokpl/"),
  );
});

test("three sinks depend on a client of their vendor", () => {
  expect(dependent.map(({ sink }) => sink).toSorted()).toEqual([
    "@aiokpl/sink-cloudwatch",
    "@aiokpl/sink-datadog",
    "@aiokpl/sink-otel",
  ]);
});

describe.each(dependent)("$sink", ({ sink, programs = [] }) => {
  const { dependencies = {} } = packages.find(({ name }) => name === sink)?.manifest ?? {};

  test("is tried in an empty folder, at both ends of its range, beyond it, and with the latest packages", () => {
    const ages = new Set(programs.map(({ age }) => age));
    for (const age of ["empty", "before", "oldest", "newest", "beyond", "latest"])
      expect(ages).toContain(age);
  });

  test("is tried with the least version that its manifest allows of what it depends on", () => {
    const oldest = programs.find(({ age }) => age === "oldest")?.has ?? {};
    for (const [name, range] of Object.entries(dependencies))
      if (name in oldest) expect(oldest[name]).toBe(semver.minVersion(range)?.version);
  });

  test("is tried with versions that its manifest does not allow, if it depends on the vendor's package", () => {
    const beyond = programs.find(({ age }) => age === "beyond")?.has ?? {};
    for (const [name, range] of Object.entries(dependencies))
      if (name in beyond) expect(semver.satisfies(beyond[name] ?? "", range)).toBe(false);
  });
});

test("continuous integration tries nothing that depends on the day, and both ends of each range", () => {
  const ages = CI_MATRIX.map(({ program }) => program.age);
  expect(ages).not.toContain("latest");
  for (const { sink } of dependent)
    for (const age of ["oldest", "newest"])
      expect(
        CI_MATRIX.some(({ vendor, program }) => vendor.sink === sink && program.age === age),
      ).toBe(true);
});

test("the page has a row for each cell, which says what went wrong", () => {
  const [first, ...others] = WHOLE_MATRIX.map((cell) => ({
    cell,
    versions: { vendor: "1.2.3" },
    problems: [],
    installed: undefined,
  }));
  if (first === undefined) throw new Error("the matrix is empty");
  const page = report([{ ...first, problems: ["a|b\nc"] }, ...others], new Date(0));
  expect(page).toContain("on 1970-01-01");
  expect(page.match(/vendor 1\.2\.3/g)).toHaveLength(WHOLE_MATRIX.length);
  expect(page).toContain("**fails**: a\\|b c");
});
