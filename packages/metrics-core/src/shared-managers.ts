/**
 * Raised when a manager of one version can no longer be used by code that was built with another one.
 * It is all that two copies of this package have to agree on.
 */
const INTERFACE_VERSION = 1;

const REGISTRY = /* @__PURE__ */ Symbol.for("@aiokpl/metrics-core/shared-managers");

interface Entry {
  readonly version: number;
  /** Undefined while it is being made. */
  readonly manager: { readonly isClosed: boolean } | undefined;
}

/**
 * The manager of that key in this process, made by `create` where there is none, or where the one before is closed.
 * All copies of this package share the keys.
 *
 * @throws TypeError for a key that is no string or empty, where `create` asks for the same key, and where a copy of this
 * package made the manager whose managers this copy can't use; and what `create` throws.
 */
export function sharedManager<M extends { readonly isClosed: boolean }>(
  key: string,
  create: () => M,
): M {
  if (typeof key !== "string" || key === "")
    throw new TypeError(`key is ${JSON.stringify(key)}, must be a string that is not empty`);
  const entries = registry();
  const known = entries.get(key);
  if (known !== undefined && known.manager?.isClosed !== true) {
    if (known.version !== INTERFACE_VERSION) {
      throw new TypeError(
        `the shared manager ${JSON.stringify(key)} was made by another version of @aiokpl/metrics-core, whose managers this version can't use: ` +
          `install one version (npm ls @aiokpl/metrics-core), or use another key`,
      );
    }
    if (known.manager === undefined)
      throw new TypeError(
        `the shared manager ${JSON.stringify(key)} is asked for while it is made`,
      );
    return known.manager as M;
  }
  entries.set(key, { version: INTERFACE_VERSION, manager: undefined });
  try {
    const manager = create();
    entries.set(key, { version: INTERFACE_VERSION, manager });
    return manager;
  } catch (error) {
    entries.delete(key);
    throw error;
  }
}

function registry(): Map<string, Entry> {
  const holder = globalThis as { [REGISTRY]?: Map<string, Entry> };
  const known = holder[REGISTRY];
  if (known !== undefined) return known;
  const entries = new Map<string, Entry>();
  Object.defineProperty(globalThis, REGISTRY, { value: entries });
  return entries;
}
