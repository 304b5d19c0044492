/** The parts of the host that are used. They may be missing if the host is not Node. */
interface Host {
  readonly process?: {
    getBuiltinModule?: (id: "node:async_hooks") => {
      readonly AsyncResource?: new (type: string) => Context;
    };
  };
}

/** An async context. */
interface Context {
  runInAsyncScope<T>(work: () => T): T;
}

/** The async context in which this module was loaded. Undefined if the host has no async contexts. */
const root = /* @__PURE__ */ takeContext();

/**
 * Runs `work` outside of any request's async context, and returns its result. A program may record,
 * flush or close within a request. Exports that began there would show that request's
 * `AsyncLocalStorage` to every later export, would keep its store in memory, and would join its
 * trace.
 */
export function inRootContext<T>(work: () => T): T {
  return root === undefined ? work() : root.runInAsyncScope(work);
}

function takeContext(): Context | undefined {
  const hooks = (globalThis as Host).process?.getBuiltinModule?.("node:async_hooks");
  return hooks?.AsyncResource && new hooks.AsyncResource("MetricsManager");
}
