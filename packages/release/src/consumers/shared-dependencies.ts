import { publicPackages } from "../public-packages.ts";
import { VENDORS } from "./vendors.ts";

/** The least that `engines` allows, and the lines that are kept up. */
export const NODES = ["20.19.0", "22", "24", "26"] as const;

/** Versions of TypeScript that projects compile with; 5.9 is also what ts-jest, ts-node and NestJS find. */
export const TYPESCRIPTS = ["5.4", "5.9", "6.0", "7.0"] as const;

/** The runtimes, as packages: each Node as `node-20` and so on. */
export function runtimeDependencies(): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(
      NODES.map((version) => [
        `node-${Number.parseInt(version, 10)}`,
        `npm:node-${process.platform}-${process.arch}@${version}`,
      ]),
    ),
    bun: "^1.4.0",
    deno: "^2.9.0",
  };
}

/** What the one folder has in which most consumer tests work: installing it once saves minutes. */
export async function sharedDependencies(): Promise<Readonly<Record<string, string>>> {
  const packages = await publicPackages();
  return {
    ...Object.fromEntries(packages.map(({ name }) => [name, "^1"])),
    ...Object.assign({}, ...VENDORS.map(({ beside }) => beside)),
    "@opentelemetry/sdk-metrics": "^3.1.1",
    "@types/node": "^24.0.0",
    ...runtimeDependencies(),
    // Compilers.
    ...Object.fromEntries(
      TYPESCRIPTS.map((each) => [`typescript-${each}`, `npm:typescript@~${each}.0`]),
    ),
    typescript: "~5.9.0",
    "ts-node": "^10.9.2",
    // Bundlers.
    esbuild: "^0.28.0",
    rolldown: "^1.3.0",
    webpack: "^5.113.0",
    "webpack-cli": "^7.3.0",
    // Test runners.
    jest: "^30.5.0",
    "@types/jest": "^30.0.0",
    "ts-jest": "^29.4.0",
    vitest: "^5.1.0",
    // Frameworks. NestJS 11 is the last that is CommonJS and has Jest as its default.
    express: "^5.3.0",
    "@types/express": "^5.0.6",
    fastify: "^5.12.0",
    hono: "^4.13.0",
    "@hono/node-server": "^2.1.0",
    "@nestjs/common": "^11.0.0",
    "@nestjs/core": "^11.0.0",
    "@nestjs/platform-express": "^11.0.0",
    "@nestjs/testing": "^11.0.0",
    "reflect-metadata": "^0.2.2",
    rxjs: "^7.8.2",
    next: "^16.4.0",
    react: "^19.3.0",
    "react-dom": "^19.3.0",
    // Else the build of Next.js installs it.
    "@types/react": "^19.2.0",
  };
}
