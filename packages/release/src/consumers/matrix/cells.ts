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

/** Every program by npm in every runtime; the other package managers with an empty folder and the newest packages. */
export const WHOLE_MATRIX: readonly Cell[] = SINK_VENDORS.flatMap((vendor) =>
  (vendor.programs ?? []).flatMap((program): readonly Cell[] => [
    { vendor, program, installer: "npm", runtimes: [...NODE_RUNTIMES, ...OTHER_RUNTIMES] },
    ...(program.age === "empty" || program.age === "newest" || program.age === "oldest"
      ? OTHER_INSTALLERS.map((installer) => ({ vendor, program, installer, runtimes: NODE_ENDS }))
      : []),
  ]),
);

/** What every change must pass: by npm whatever does not depend on the day, and the newest by the others. */
export const CI_MATRIX: readonly Cell[] = WHOLE_MATRIX.filter(
  ({ program: { age }, installer }) =>
    age !== "latest" && (installer === "npm" || (age === "empty" && installer !== "pnpm hoisted")),
).map((cell) => ({ ...cell, runtimes: NODE_ENDS }));
