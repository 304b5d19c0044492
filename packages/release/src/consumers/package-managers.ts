/** Names a package manager, and the layout of node_modules that it is told to make. */
export type Installer = "npm" | "pnpm" | "pnpm hoisted" | "yarn" | "yarn 4" | "yarn 4 PnP";

/** How a package manager is told what to do. */
interface PackageManager {
  /** The program and the first arguments, for whatever it does. */
  readonly program: readonly [string, ...string[]];
  /** The arguments that install what package.json says. */
  readonly install: readonly string[];
  /** The arguments that add packages, whose names follow. */
  readonly add: readonly string[];
  /** Files that it reads its settings from, by name, where our packages come from this registry. */
  readonly settings: (registryUrl: string) => Readonly<Record<string, string>>;
}

const npmrc = (registryUrl: string) => ({ ".npmrc": `@aiokpl:registry=${registryUrl}\n` });

const PNPM: PackageManager = {
  program: ["npx", "--yes", "pnpm@12.21.0"],
  install: [
    "install",
    "--reporter=append-only",
    "--no-frozen-lockfile",
    "--dangerously-allow-all-builds",
  ],
  add: ["add", "--reporter=append-only", "--dangerously-allow-all-builds"],
  settings: npmrc,
};

const yarn4 = (nodeLinker: "node-modules" | "pnp"): PackageManager => ({
  program: ["npx", "--yes", "--package=@yarnpkg/cli-dist@4.18.1", "yarn"],
  install: ["install"],
  add: ["add"],
  settings: (registryUrl) => ({
    // Without a lock file yarn looks for a project in the folders above.
    "yarn.lock": "",
    ".yarnrc.yml": [
      `nodeLinker: ${nodeLinker}`,
      "enableTelemetry: false",
      "enableImmutableInstalls: false",
      "npmMinimalAgeGate: 0",
      "unsafeHttpWhitelist: [127.0.0.1]",
      `npmScopes: { aiokpl: { npmRegistryServer: "${registryUrl.replace(/\/$/, "")}" } }`,
      "",
    ].join("\n"),
  }),
});

/** The package managers that the packages are installed by. */
export const PACKAGE_MANAGERS: Readonly<Record<Installer, PackageManager>> = {
  npm: {
    program: ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
    install: [],
    add: [],
    settings: npmrc,
  },
  pnpm: PNPM,
  "pnpm hoisted": {
    ...PNPM,
    settings: (registryUrl) => ({
      ...npmrc(registryUrl),
      "pnpm-workspace.yaml": "nodeLinker: hoisted\n",
    }),
  },
  yarn: {
    program: ["npx", "--yes", "yarn@1.22.22"],
    install: ["install", "--silent", "--non-interactive", "--ignore-engines"],
    add: ["add", "--silent", "--non-interactive", "--ignore-engines"],
    settings: npmrc,
  },
  "yarn 4": yarn4("node-modules"),
  "yarn 4 PnP": yarn4("pnp"),
};
