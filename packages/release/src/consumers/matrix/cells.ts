import type { Installer } from "../package-managers.ts";
import { SINK_VENDORS } from "../vendors.ts";
import type { Cell } from "./run-cell.ts";
import { NODE_ENDS, NODE_RUNTIMES, OTHER_RUNTIMES } from "./runtimes.ts";

const OTHER_INSTALLERS: readonly Installer[] = [
  "pnpm",
  "pnpm hoisted",
  "yarn",
  "yarn 4",
  "yarn 4 PnP",
];

/** Every program by npm in every runtime; the other package managers where the newest packages are. */
export const WHOLE_MATRIX: readonly Cell[] = SINK_VENDORS.flatMap((vendor) =>
  (vendor.programs ?? []).flatMap((program): readonly Cell[] => [
    { vendor, program, installer: "npm", runtimes: [...NODE_RUNTIMES, ...OTHER_RUNTIMES] },
    ...(program.age === "newest"
      ? OTHER_INSTALLERS.map((installer) => ({ vendor, program, installer, runtimes: NODE_ENDS }))
      : []),
  ]),
);

/**
 * What every change must pass: the ends of each range by npm, and the newest by the package managers
 * whose layouts differ most, in the oldest and the newest Node. Nothing in it depends on the day.
 */
export const CI_MATRIX: readonly Cell[] = WHOLE_MATRIX.filter(
  ({ program: { age }, installer }) =>
    age !== "latest" && age !== "between" && installer !== "pnpm hoisted" && installer !== "yarn 4",
).map((cell) => ({ ...cell, runtimes: NODE_ENDS }));
