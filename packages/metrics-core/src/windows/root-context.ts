/** The parts of the host that are used. They may be missing if the host is not Node. */
interface Host {
  readonly process?: {
    getBuiltinModule?: (id: "node:async_hooks") => {
      readonly AsyncLocalStorage?: { snapshot?: () => <T>(work: () => T) => T };
    };
  };
}

/**
 * Runs work in the async context in which this module was loaded. Undefined if the host has no
 * async contexts.
 */
const run = /* @__PURE__ */ takeContext();

/**
 * Runs `work` outside of any request's async context, and returns its result. A program may record,
 * flush or close within a request. Exports that began there would show that request's
 * `AsyncLocalStorage` to every later export, would keep its store in memory, and would join its
 * trace.
 */
export function inRootContext<T>(work: () => T): T {
  return run === undefined ? work() : run(work);
}

function takeContext(): (<T>(work: () => T) => T) | undefined {
  const hooks = (globalThis as Host).process?.getBuiltinModule?.("node:async_hooks");
  return hooks?.AsyncLocalStorage?.snapshot?.();
}
