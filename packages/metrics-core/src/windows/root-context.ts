/** What is used of the host, where it is Node or like it. */
interface Host {
  readonly process?: {
    getBuiltinModule?: (id: "node:async_hooks") => {
      readonly AsyncLocalStorage?: { snapshot?: () => <T>(work: () => T) => T };
    };
  };
}

/** Runs work in the async context in which this module was loaded; undefined where the host has none. */
const run = (globalThis as Host).process
  ?.getBuiltinModule?.("node:async_hooks")
  .AsyncLocalStorage?.snapshot?.();

/**
 * Does work outside of any request's async context, and returns what it returns. A program may
 * record, flush or close within a request. Exports that began there would show that request's
 * `AsyncLocalStorage` to every later export, would keep its store in memory, and would join its trace.
 */
export function inRootContext<T>(work: () => T): T {
  return run === undefined ? work() : run(work);
}
