import { NODES } from "../shared-dependencies.ts";

/** What runs a program. */
export interface Runtime {
  readonly name: string;
  /** The program in a folder of `node_modules` that has them all, and the arguments before a file. */
  readonly command: (modules: string) => readonly [program: string, ...args: readonly string[]];
}

/** Each version of Node that is kept up, the oldest first. */
export const NODE_RUNTIMES: readonly Runtime[] = NODES.map((version) => ({
  name: `Node ${version}`,
  command: (modules) => [`${modules}/node-${Number.parseInt(version, 10)}/bin/node`],
}));

/** The runtimes that are not Node. */
export const OTHER_RUNTIMES: readonly Runtime[] = [
  { name: "Bun", command: (modules) => [`${modules}/.bin/bun`, "run"] },
  {
    name: "Deno",
    command: (modules) => [
      `${modules}/.bin/deno`,
      "run",
      "--no-remote",
      "--node-modules-dir=manual",
      "--allow-all",
    ],
  },
];

/** The oldest and the newest Node. */
export const NODE_ENDS: readonly Runtime[] = NODE_RUNTIMES.filter(
  (_, i, all) => i === 0 || i === all.length - 1,
);
