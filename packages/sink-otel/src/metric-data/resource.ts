import { randomUUID } from "node:crypto";
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics";

/** OpenTelemetry's description of what emits, as the SDK has it. */
export type Resource = ResourceMetrics["resource"];

/** What a resource says, by attribute. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/**
 * A resource of these attributes and nothing else. The SDK has a function for it in a package that is
 * not needed for anything else here.
 */
export function resourceFrom(attributes: ResourceAttributes): Resource {
  return {
    attributes: { ...attributes },
    getRawAttributes: () => Object.entries(attributes),
    merge(other) {
      if (other === null) return this;
      return resourceFrom({ ...attributes, ...stringsOf(other.attributes) });
    },
  };
}

/** True of a resource of the SDK's. */
export function isResource(value: Resource | ResourceAttributes): value is Resource {
  return "getRawAttributes" in value && typeof value.getRawAttributes === "function";
}

/**
 * What the environment says of this process: OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME, and else
 * the SDK's own defaults. Each process is an instance of its own, or two of them would be taken for one.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function environmentAttributes(
  env: NodeJS.ProcessEnv,
  instance: string | undefined,
): ResourceAttributes {
  const attributes: Record<string, string> = {
    "service.name": "unknown_service:node",
    "service.instance.id": randomUUID(),
  };
  for (const pair of (env["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(",")) {
    const equals = pair.indexOf("=");
    if (equals > 0)
      attributes[pair.slice(0, equals).trim()] = decoded(pair.slice(equals + 1).trim());
  }
  const name = env["OTEL_SERVICE_NAME"];
  if (name) attributes["service.name"] = name;
  if (instance !== undefined) attributes["service.instance.id"] = instance;
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function stringsOf(attributes: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, String(value)]),
  );
}
