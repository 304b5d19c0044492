import { metrics } from "@opentelemetry/api";

/** All copies of `@opentelemetry/api` 1.x register here, with the version of the one that came first. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/**
 * Returns what is wrong if a MeterProvider is registered that this package can't see, because it was
 * registered with another copy of `@opentelemetry/api`; otherwise undefined.
 */
export function otherApiProblem(): string | undefined {
  const { provider, version } = registered();
  if (provider === undefined || provider === metrics.getMeterProvider()) return undefined;
  return `a MeterProvider is registered with @opentelemetry/api ${version}, but @aiokpl/sink-otel has another copy of that package, ${ownVersion()}, which does not see it: install one version for both; \`npm ls @opentelemetry/api\` shows who has which`;
}

function registered(): { readonly provider: unknown; readonly version: string } {
  const registry: unknown = Reflect.get(globalThis, REGISTRY);
  if (typeof registry !== "object" || registry === null)
    return { provider: undefined, version: "" };
  return {
    provider: Reflect.get(registry, "metrics"),
    version: String(Reflect.get(registry, "version")),
  };
}

/** The API tells its version only when it registers something, so it does that in an empty registry. */
function ownVersion(): string {
  const others = Object.getOwnPropertyDescriptor(globalThis, REGISTRY);
  try {
    if (!Reflect.deleteProperty(globalThis, REGISTRY)) return "of an unknown version";
    metrics.setGlobalMeterProvider(metrics.getMeterProvider());
    return registered().version;
  } finally {
    if (others !== undefined) Reflect.defineProperty(globalThis, REGISTRY, others);
  }
}
