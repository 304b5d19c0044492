import type { TestProject } from "vitest/node";
import { startRegistry } from "./registry.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the tarballs are served that all consumer tests install from. */
    readonly registryUrl: string;
  }
}

/** Packs the packages once for all consumer tests, before the first of them. */
export default async function setup(project: TestProject): Promise<() => PromiseLike<void>> {
  const registry = await startRegistry();
  project.provide("registryUrl", registry.url);
  return () => registry[Symbol.asyncDispose]();
}
