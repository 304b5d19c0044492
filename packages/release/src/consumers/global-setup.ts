import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { installingConsumer } from "./consumer.ts";
import { startRegistry } from "./registry.ts";
import { sharedDependencies } from "./shared-dependencies.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the tarballs are served that all consumer tests install from. */
    readonly registryUrl: string;
    /** A folder in which all of `sharedDependencies` is installed. */
    readonly sharedFolder: string;
  }
}

/** Packs the packages once for all consumer tests, and installs once what most of them need. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const registry = await startRegistry();
  const folder = await mkdtemp(join(tmpdir(), "consumers-"));
  project.provide("registryUrl", registry.url);
  project.provide("sharedFolder", folder);
  const shared = installingConsumer(folder, registry.url);
  // By pnpm, which does this much faster, in the flat layout that npm makes.
  await shared.install(await sharedDependencies(), "pnpm hoisted");
  return async () => {
    await registry[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
}
